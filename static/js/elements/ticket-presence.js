// <ticket-presence>: who else has the ticket open, and who is replying. Rows of the list show the same, smaller.
import { say } from "../lib/words.js";

const LIFE = 50000;
const known = new Map();

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return ((words[0]?.[0] || "?") + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

function face(person) {
  const avatar = document.createElement("span");
  avatar.className = `avatar avatar-s presence-${person.doing}`;
  avatar.dataset.tone = person.tone ?? 0;
  avatar.textContent = initials(person.name);
  avatar.dataset.tip = say(person.doing === "replying" ? "is_replying" : "is_viewing", { name: person.name });
  return avatar;
}

export function present(ticket) {
  const entry = known.get(String(ticket));
  return entry && entry.until > Date.now() ? entry.who : [];
}

function draw(ticket) {
  const who = present(ticket);
  for (const element of document.querySelectorAll(`ticket-presence[data-ticket="${ticket}"]`)) element.draw(who);
  const place = document.querySelector(`[data-presence="${ticket}"]`);
  place?.replaceChildren(...who.slice(0, 2).map(face));
}

class TicketPresence extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.draw(present(this.dataset.ticket));
  }

  draw(who) {
    this.replaceChildren(...who.slice(0, 4).map(face));
    const replying = who.filter((person) => person.doing === "replying");
    if (replying.length) {
      const words = document.createElement("span");
      words.className = "presence-words";
      words.textContent = say("is_replying", { name: replying.map((person) => person.name).join(", ") });
      this.append(words);
    }
  }
}

customElements.define("ticket-presence", TicketPresence);
document.addEventListener("live:presence", ({ detail }) => {
  known.set(String(detail.ticket), { who: detail.who, until: Date.now() + LIFE });
  draw(detail.ticket);
});
document.addEventListener("keyed:merged", (event) => event.target.id === "rows" && known.forEach((_, id) => draw(id)));
setInterval(() => known.forEach((entry, id) => entry.until < Date.now() && known.delete(id) && draw(id)), 10000);
