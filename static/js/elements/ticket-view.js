// <ticket-view>: the open ticket. Keeps its place in the conversation, marks it read, brings it up to date.
import { post, settled } from "../lib/dom.js";
import { markOpen, refresh } from "../lib/list.js";
import { isPressed } from "../lib/pressed.js";

const { htmx } = window;

// Typed in a form of this part, and not sent yet.
const begun = (part) =>
  [...(part.querySelectorAll?.("input.input, textarea.input") || [])].some((box) => box.value !== box.defaultValue && box.checkVisibility());

class TicketView extends HTMLElement {
  connectedCallback() {
    this.ticket = this.dataset.ticket;
    document.title = this.dataset.title;
    this.dispatchEvent(new CustomEvent("ticket:opened", { bubbles: true, detail: { ticket: this.ticket } }));
    this.bringUpToDate = settled(() => this.ask(), 120, 600);
    this.addEventListener("ticket:stale", this.bringUpToDate);
    this.addEventListener("htmx:oobBeforeSwap", (event) => this.beforeSwap(event));
    this.addEventListener("htmx:beforeSwap", (event) => this.answered(event));
    this.addEventListener("keyed:merged", (event) => this.merged(event));
    this.addEventListener("click", (event) => this.clicked(event));
    this.looked = () => this.read();
    document.addEventListener("visibilitychange", this.looked);
    addEventListener("focus", this.looked);
    markOpen();
    this.begin();
    this.readSoon = setTimeout(() => this.read(), 900);
  }

  disconnectedCallback() {
    clearTimeout(this.readSoon);
    clearTimeout(this.later);
    this.size?.disconnect();
    document.removeEventListener("visibilitychange", this.looked);
    removeEventListener("focus", this.looked);
    document.dispatchEvent(new CustomEvent("ticket:closed", { detail: { ticket: this.ticket } }));
  }

  get scroller() {
    return this.querySelector("#talk-scroll");
  }

  get conversation() {
    return this.querySelector("#conversation");
  }

  // At the first message not yet read, else at the end; mails that grow while they load keep the place.
  begin() {
    const { scroller } = this;
    if (!scroller) return;
    const aimed = location.hash.startsWith("#message-") ? this.querySelector(CSS.escape ? `#${CSS.escape(location.hash.slice(1))}` : location.hash) : null;
    const target = aimed || this.querySelector(".msg.is-new");
    this.sticks = !target;
    let own = 0;
    const keep = () => {
      own = Date.now();
      if (target && this.holds !== false) target.scrollIntoView({ block: "start" });
      else if (this.sticks) scroller.scrollTop = scroller.scrollHeight;
    };
    keep();
    if (aimed) aimed.classList.add("is-aimed");
    this.size = new ResizeObserver(keep);
    this.size.observe(this.conversation);
    scroller.addEventListener("scroll", () => {
      if (Date.now() - own < 120) return;
      this.holds = false;
      this.sticks = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
    });
  }

  merged(event) {
    const talk = this.conversation;
    if (event.target !== talk) return;
    const fresh = event.detail.fresh.some((part) => part.matches(".msg-customer"));
    this.read();
    this.querySelector("ticket-composer")?.newer?.(Number(talk.dataset.public || 0), fresh);
    if (this.sticks) requestAnimationFrame(() => (this.scroller.scrollTop = this.scroller.scrollHeight));
  }

  ask() {
    if (!this.isConnected) return;
    const all = this.querySelector("#talk-earlier") || !new URLSearchParams(location.search).has("all") ? "" : "&all";
    const path = `/tickets/${this.ticket}/conversation/?view=${this.dataset.view}${all}`;
    htmx.ajax("GET", path, { source: this, target: this, swap: "none" }).finally(() => (this.ofItself = false));
  }

  // What was pressed may have been drawn anew before its answer came: it inherits nothing any more, and the
  // answer, whose parts know their places, must not take the place of everything.
  answered({ target, detail }) {
    const { elt } = detail.requestConfig;
    this.ofItself = elt === this;
    if (target === this && !elt.isConnected && !elt.closest("[hx-swap]")) detail.swapOverride = "none";
  }

  // What comes by itself waits while somebody chooses or types in the part it would replace, or has pressed
  // something there whose answer is on its way.
  beforeSwap(event) {
    const { target } = event.detail;
    if (target.id === "side") this.keepSide(target);
    if (!this.ofItself) return;
    if (!target.querySelector?.("[data-editing], .menu:popover-open, .htmx-request") && !begun(target) && !isPressed(target)) return;
    event.detail.shouldSwap = false;
    clearTimeout(this.later);
    this.later = setTimeout(this.bringUpToDate, 1500);
  }

  // The side panel that takes the place of another is as far down, with the same details open.
  keepSide(side) {
    const { scrollTop } = side;
    const open = [...side.querySelectorAll("details[id][open]:not([data-remember])")].map((details) => details.id);
    const hadEarlier = side.querySelector(".clock.is-earlier");
    requestAnimationFrame(() => {
      const next = document.getElementById("side");
      if (!next || next === side) return;
      const reopen = () => {
        for (const id of open) next.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
        next.scrollTop = scrollTop;
      };
      reopen();
      const earlier = hadEarlier && next.querySelector("#clocks-earlier");
      if (earlier) htmx.ajax("GET", earlier.firstElementChild.href, { target: earlier, swap: "outerHTML" }).then(reopen);
      if (side.classList.contains("is-shown")) next.classList.add("is-shown");
    });
  }

  async read() {
    const last = this.conversation?.dataset.last;
    if (!last || last === this.readTo || document.hidden || !document.hasFocus()) return;
    this.readTo = last;
    await post(`/tickets/${this.ticket}/reading/`, { message: last }).catch(() => (this.readTo = ""));
    // The row has lost its weight already, and no list asks what one has read.
    document.dispatchEvent(new CustomEvent("ticket:read", { detail: { ticket: this.ticket } }));
  }

  clicked(event) {
    if (event.target.closest("[data-close]") && document.getElementById("rows")) {
      event.preventDefault();
      close();
    }
    if (event.target.closest("[data-cancel-subject]")) {
      event.preventDefault();
      event.target.closest("[data-editing]")?.removeAttribute("data-editing");
      this.bringUpToDate();
    }
    if (event.target.closest("[data-unread]")) setTimeout(close, 50);
    const forward = event.target.closest("[data-forward]");
    if (forward) this.forward(forward);
  }

  // What is forwarded goes into the letter as a quotation; its files can go along.
  forward(button) {
    const dialog = this.querySelector("#forward");
    const message = this.querySelector(`#message-${button.dataset.forward}`);
    button.closest("[popover]")?.hidePopover();
    const who = message.querySelector(".msg-name").textContent;
    const frame = message.querySelector("mail-frame iframe")?.contentDocument?.body;
    const text = (frame || message.querySelector(".prose"))?.innerText || "";
    dialog.querySelector("textarea").value = `\n\n— ${who}:\n${text.trim().replace(/^/gm, "> ")}`;
    const box = dialog.querySelector("[data-forward-files]");
    box.replaceChildren();
    for (const link of message.querySelectorAll("a.file-link")) {
      const label = document.createElement("label");
      label.className = "check";
      const input = document.createElement("input");
      input.type = "checkbox";
      input.name = "file";
      input.checked = true;
      input.value = link.dataset.file.match(/\d+/)[0];
      label.append(input, link.querySelector(".clip").textContent);
      box.append(label);
    }
    dialog.showModal();
    dialog.querySelector("input[name=to]").focus();
  }
}

// Back to the list alone, without loading it again.
export function close() {
  const view = document.querySelector("ticket-view");
  const list = document.getElementById("list");
  if (!view) return;
  if (!document.getElementById("rows")) {
    view.querySelector("[data-close]")?.click();
    return;
  }
  const slot = document.createElement("div");
  slot.id = "ticket";
  slot.className = "ticket-slot";
  view.replaceWith(slot);
  const title = list.querySelector("h1")?.textContent.trim();
  document.title = `${title} · Otklik`;
  history.pushState({ htmx: true }, "", `/views/${list.dataset.view}/${list.dataset.query ? `?${list.dataset.query}` : ""}`);
  markOpen();
  refresh();
  document.querySelector("#rows > .ticket-row.is-current .row-main")?.focus();
}

document.addEventListener("desk:close", close);
customElements.define("ticket-view", TicketView);
