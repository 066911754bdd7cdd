// What reaches people who look elsewhere: a browser notification, a sound, a count in the tab's title and icon.
import { say } from "./words.js";
import { toast } from "./toasts.js";
import { openTicket } from "./list.js";

const KEY = "unseen";
let chosen = { browser: false, sound: "", title: true };
let sound;

const load = () => new Set(JSON.parse(sessionStorage.getItem(KEY) || "[]"));
let unseen = load();

export function settings(values) {
  chosen = values;
  count();
}

function count() {
  sessionStorage.setItem(KEY, JSON.stringify([...unseen]));
  const bare = document.title.replace(/^\(\d+\+?\) /, "");
  const title = chosen.title && unseen.size ? `(${unseen.size > 99 ? "99+" : unseen.size}) ${bare}` : bare;
  if (document.title !== title) document.title = title;
}

// Pages set their own title as one moves; the count stays in front of it.
const head = document.querySelector("title");
if (head) new MutationObserver(count).observe(head, { childList: true });

export function seen(ticket) {
  if (unseen.delete(String(ticket))) count();
}

export const looking = (ticket) => openTicket() === String(ticket) && !document.hidden && document.hasFocus();

// The title comes in the reader's language. What is about several tickets has none, and is read on its page.
export function notice({ ticket, title, text }) {
  if (ticket && looking(ticket)) return;
  if (ticket) unseen.add(String(ticket));
  count();
  const href = ticket ? `/tickets/${ticket}/` : "/notices/";
  toast(text ? `${title}: ${text}` : title, "info", { href, words: say("open") });
  if (chosen.sound) {
    sound ||= new Audio(chosen.sound);
    sound.currentTime = 0;
    sound.play().catch(() => {}); // a browser lets a page sound only after somebody has touched it
  }
  if (chosen.browser && document.hidden && "Notification" in window && Notification.permission === "granted") {
    const shown = new Notification(title, { body: text, tag: ticket ? `ticket-${ticket}` : title, icon: "/static/img/mark.svg" });
    shown.addEventListener("click", () => {
      window.focus();
      location.href = href;
    });
  }
}
