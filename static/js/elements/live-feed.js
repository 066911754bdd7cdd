// <live-feed>: hears over the socket what changed and lets the page ask for it; tells colleagues where we are.
import { connect, send } from "../lib/live.js";
import { openTicket, refresh } from "../lib/list.js";
import { notice, seen, settings } from "../lib/notices.js";

let replying = false;

function tell() {
  const ticket = openTicket();
  if (ticket) send({ type: "presence", ticket: Number(ticket), doing: replying ? "replying" : "viewing" });
}

class LiveFeed extends HTMLElement {
  connectedCallback() {
    settings({
      browser: this.dataset.browser === "true",
      sound: this.dataset.sound === "true" ? this.dataset.soundFile : "",
      title: this.dataset.title === "true",
    });
    connect();
  }
}

customElements.define("live-feed", LiveFeed);

document.addEventListener("live:ticket", ({ detail }) => {
  if (String(detail.id) === openTicket()) document.querySelector("ticket-view").bringUpToDate();
  // That a message has left changes no line of a list.
  if (detail.kinds.some((kind) => kind !== "delivery")) refresh();
});
document.addEventListener("live:counts", () => refresh());
document.addEventListener("live:message", ({ detail }) => notice(detail));
document.addEventListener("live:joined", () => {
  document.documentElement.dataset.live = "on";
  tell();
  // What happened while the line was down, or since the page was rendered, is asked for once.
  refresh();
  document.querySelector("ticket-view")?.bringUpToDate();
});
document.addEventListener("ticket:opened", ({ detail }) => {
  replying = false;
  seen(detail.ticket);
  tell();
});
document.addEventListener("ticket:closed", ({ detail }) => {
  if (!openTicket()) send({ type: "presence", ticket: Number(detail.ticket), doing: "left" });
});
document.addEventListener("composer:typing", ({ detail }) => {
  if (replying === detail.on) return;
  replying = detail.on;
  tell();
});
document.addEventListener("ticket:read", ({ detail }) => seen(detail.ticket));
setInterval(tell, 20000);
