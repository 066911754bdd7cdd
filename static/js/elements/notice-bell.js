// <notice-bell>: the bell opens its list beside it, and keeps its count when the page is told of something new.
// Without this it is a link to the page of notices.
import { post, settled } from "../lib/dom.js";
import { looking } from "../lib/notices.js";
import { openTicket } from "../lib/list.js";

const { htmx } = window;
const NARROW = 720;

class NoticeBell extends HTMLElement {
  connectedCallback() {
    this.panel = this.querySelector("#bell-panel");
    this.addEventListener("click", (event) => this.clicked(event));
    this.panel.addEventListener("keydown", (event) => this.keys(event));
    this.catchUp = settled(() => this.ask(), 150, 600);
  }

  clicked(event) {
    const plain = !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0;
    if (!event.target.closest("#bell") || !plain || innerWidth <= NARROW) return;
    event.preventDefault();
    if (this.panel.matches(":popover-open")) this.panel.hidePopover();
    else if (!this.opening) this.open();
  }

  async open() {
    this.opening = true;
    await this.fill().finally(() => (this.opening = false));
    this.panel.showPopover();
    (this.panel.querySelector(".told-link") || this.panel.querySelector("a, button"))?.focus();
  }

  fill() {
    return htmx.ajax("GET", "/notices/?panel", { source: this.panel, target: this.panel, swap: "innerHTML" });
  }

  ask() {
    htmx.ajax("GET", "/notices/bell/", { source: this, target: "#bell", swap: "outerHTML" });
    if (this.opening || this.panel.matches(":popover-open")) this.fill();
  }

  // Arrows move between the notices.
  keys(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...this.panel.querySelectorAll(".told-link")];
    if (!links.length) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    links[(at + links.length) % links.length].focus();
  }
}

customElements.define("notice-bell", NoticeBell);

const bell = () => document.querySelector("notice-bell");

async function read(ticket) {
  await post(`/tickets/${ticket}/notices/reading/`, {}).catch(() => {});
  bell()?.catchUp();
}

// Told of what one is looking at: it is read already.
document.addEventListener("live:message", ({ detail }) => looking(detail.ticket) && read(detail.ticket));
document.addEventListener("live:notices", () => bell()?.catchUp());
document.addEventListener("live:joined", () => bell()?.catchUp());
// Reading takes from the bell's count, where there is one.
document.addEventListener("ticket:read", () => document.querySelector(".bell-count") && bell()?.catchUp());
// Coming back to a ticket that something was told of meanwhile, though nobody has written in it.
addEventListener("focus", () => {
  if (openTicket() && document.querySelector(".bell-count")) read(openTicket());
});
