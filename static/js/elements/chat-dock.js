// <chat-dock>: one's chats above every page of the desk. Comes up to date by the socket's nudges; a chat that is
// new here sounds and says so; a click opens it beside the list if there is one.
import { settled } from "../lib/dom.js";
import { openTicket } from "../lib/list.js";
import { notice } from "../lib/notices.js";
import { isPressed, whenLetGo } from "../lib/pressed.js";
import { say } from "../lib/words.js";

const { htmx } = window;
const KEY = "chats-heard";
const HEIGHT = "chats-height"; // of the last page: its place is kept until it is drawn, so that nothing jumps

const heard = () => {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(KEY) || "[]"));
  } catch {
    return new Set();
  }
};

class ChatDock extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.ask = settled(() => this.load(), 250, 1200); // also in the background, where a new chat sounds
    for (const name of ["counts", "ticket", "visitor", "joined"]) {
      document.addEventListener(`live:${name}`, ({ detail }) => {
        // Somebody who types changes nothing in here, nor does what is no chat.
        if (name === "visitor" ? "here" in detail : name !== "ticket" || detail.chat) this.ask();
      });
    }
    document.addEventListener("ticket:opened", () => this.mark());
    document.addEventListener("ticket:read", ({ detail }) => this.querySelector(`[data-chat="${detail.ticket}"]`) && this.ask());
    document.addEventListener("ticket:closed", () => this.mark());
    this.addEventListener("click", (event) => this.open(event));
    this.reserve();
    this.ask();
  }

  async load() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const answer = await fetch(this.dataset.url, { headers: { "HX-Request": "true" } });
      if (answer.ok && !answer.redirected) this.draw(await answer.text());
    } catch {
      // the next nudge asks again
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.ask();
      }
    }
  }

  reserve() {
    try {
      this.style.minHeight = `${sessionStorage.getItem(HEIGHT) || 0}px`;
      this.hidden = !Number(sessionStorage.getItem(HEIGHT));
    } catch {
      // then it jumps
    }
  }

  draw(html) {
    if (isPressed(this)) {
      whenLetGo(this.ask);
      return;
    }
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.chat : "";
    const next = new DOMParser().parseFromString(html, "text/html").getElementById("chat-dock-lines");
    if (!next) return;
    this.replaceChildren(document.importNode(next, true));
    this.hidden = next.dataset.count === "0";
    this.style.minHeight = "";
    try {
      sessionStorage.setItem(HEIGHT, String(this.offsetHeight));
    } catch {
      // the next page does not know
    }
    if (focused) this.querySelector(`[data-chat="${focused}"]`)?.focus();
    this.mark();
    this.tell();
  }

  mark() {
    const open = openTicket();
    for (const chat of this.querySelectorAll("[data-chat]")) {
      if (chat.dataset.chat === open) chat.setAttribute("aria-current", "page");
      else chat.removeAttribute("aria-current");
    }
  }

  // Each chat that waits is told once, in whichever tab hears of it first.
  tell() {
    const known = heard();
    const waiting = [...this.querySelectorAll("[data-offered]")];
    for (const chat of waiting) {
      if (known.has(chat.dataset.chat)) continue;
      notice({ ticket: chat.dataset.chat, title: say("new_chat", { name: chat.dataset.name }), text: chat.dataset.snippet });
    }
    try {
      sessionStorage.setItem(KEY, JSON.stringify(waiting.map((chat) => chat.dataset.chat)));
    } catch {
      // told again on the next page
    }
  }

  // What is typed in the chat one leaves is kept as its draft by the composer.
  open(event) {
    const chat = event.target.closest("[data-chat]");
    if (!chat || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const slot = document.getElementById("ticket");
    if (!slot) return;
    event.preventDefault();
    const path = chat.getAttribute("href");
    htmx.ajax("GET", path, { target: "#ticket", swap: "outerHTML" }).then(() => {
      history.pushState({ htmx: true }, "", path);
      this.mark();
    });
  }
}

customElements.define("chat-dock", ChatDock);
