// <mail-frame>: foreign HTML in its sandbox, as high as it is. No script runs inside; we only measure.
import { svg } from "../lib/dom.js";
import { say } from "../lib/words.js";

// A mail longer than this shows its beginning, and the rest when asked.
const LONG = 1600;
const SHOWN = 800;

class MailFrame extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("iframe");
    if (!this.frame) return;
    this.frame.addEventListener("load", () => this.measure());
    if (this.frame.contentDocument?.readyState === "complete") this.measure();
    this.querySelector("[data-images]")?.addEventListener("click", (event) => {
      event.currentTarget.remove();
      const url = new URL(this.dataset.src, location.href);
      url.searchParams.set("images", "1");
      this.frame.src = url.href;
    });
  }

  disconnectedCallback() {
    this.watch?.disconnect();
  }

  offerMore() {
    this.more = document.createElement("button");
    this.more.type = "button";
    this.more.className = "btn btn-s mail-more";
    this.more.append(svg("chevron-down"), say("show_all"));
    this.more.addEventListener("click", () => {
      this.unfolded = true;
      this.more.remove();
      this.measure();
    });
    this.frame.after(this.more);
  }

  measure() {
    const page = this.frame.contentDocument;
    if (!page?.body) return;
    const fit = () => {
      const height = Math.ceil(page.body.getBoundingClientRect().height);
      const bar = page.body.scrollWidth > page.documentElement.clientWidth ? 16 : 0;
      const whole = Math.max(24, height + bar);
      const cut = whole > LONG && !this.unfolded;
      this.frame.style.height = `${cut ? SHOWN : whole}px`;
      if (cut && !this.more) this.offerMore();
    };
    this.watch?.disconnect();
    this.watch = new ResizeObserver(fit);
    this.watch.observe(page.body);
    fit();
    // Keys pressed while the mail has the focus still work the desk.
    page.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || (event.key.length === 1 && !event.ctrlKey && !event.metaKey)) {
        this.dispatchEvent(new KeyboardEvent("keydown", { key: event.key, code: event.code, shiftKey: event.shiftKey, bubbles: true }));
      }
    });
  }
}

customElements.define("mail-frame", MailFrame);

// Signed addresses live for five minutes: a page that has been open longer asks for a fresh one.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-file]");
  if (link) link.href = link.dataset.file;
});
