// <mail-frame>: foreign HTML in its sandbox, as high as it is. No script runs inside; we only measure.
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

  measure() {
    const page = this.frame.contentDocument;
    if (!page?.body) return;
    const fit = () => {
      const height = Math.ceil(page.body.getBoundingClientRect().height);
      const bar = page.body.scrollWidth > page.documentElement.clientWidth ? 16 : 0;
      this.frame.style.height = `${Math.max(24, height + bar)}px`;
    };
    this.watch?.disconnect();
    this.watch = new ResizeObserver(fit);
    this.watch.observe(page.body);
    fit();
    // Keys pressed while the mail has the focus still work the desk.
    page.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || (event.key.length === 1 && !event.ctrlKey && !event.metaKey)) {
        this.dispatchEvent(new KeyboardEvent("keydown", { key: event.key, bubbles: true }));
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
