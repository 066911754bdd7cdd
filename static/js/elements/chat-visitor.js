// <chat-visitor data-ticket>: the visitor beside a chat, live: where they are, whether they are here and write.
import { settled } from "../lib/dom.js";

const { htmx } = window;
const PATIENCE = 8000; // a browser that has gone never says that it stopped writing
const writing = new Map(); // until when, by ticket: parts of the page are drawn anew meanwhile
let stops;

function mark() {
  const ticket = document.querySelector("chat-visitor")?.dataset.ticket;
  const left = (writing.get(ticket) || 0) - Date.now();
  for (const words of document.querySelectorAll("[data-typing]")) words.hidden = left <= 0;
  clearTimeout(stops);
  if (left > 0) stops = setTimeout(mark, left);
}

document.addEventListener("live:visitor", ({ detail }) => {
  if (!("typing" in detail)) return;
  if (detail.typing) writing.set(String(detail.ticket), Date.now() + PATIENCE);
  else writing.delete(String(detail.ticket));
  mark();
});
document.addEventListener("htmx:oobAfterSwap", mark);

class ChatVisitor extends HTMLElement {
  connectedCallback() {
    if (this.hears) return;
    this.ask = settled(() => this.load(), 150, 600);
    this.hears = ({ detail }) => this.hear(detail);
    document.addEventListener("live:visitor", this.hears);
    mark();
  }

  disconnectedCallback() {
    document.removeEventListener("live:visitor", this.hears);
    this.hears = null;
  }

  hear(news) {
    if (String(news.ticket) !== this.dataset.ticket) return;
    if ("page" in news || "here" in news) this.ask();
    if ("here" in news) document.querySelector("ticket-view")?.bringUpToDate?.();
  }

  load() {
    if (!this.isConnected) return;
    const open = this.querySelector("#visitor-pages")?.open;
    htmx.ajax("GET", `/tickets/${this.dataset.ticket}/visitor/`, { source: this, target: this, swap: "innerHTML" }).then(() => {
      const pages = this.querySelector("#visitor-pages");
      if (open && pages) pages.open = true;
    });
  }
}

customElements.define("chat-visitor", ChatVisitor);
