// <sla-countdown state left at told due hours windows warn what>: the time a clock has left, to the second. It ticks
// only while its calendar works, goes on below nought once it is late, and says when it is due on hover. What it has
// left is as of "at"; the server told it at "told", where that was later.
import { say } from "../lib/words.js";

const root = document.documentElement;
const language = root.lang || "en";
const timeZone = root.dataset.zone || undefined;
const FULL = new Intl.DateTimeFormat(language, { timeZone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const unit = (name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "narrow" });
const UNITS = { day: unit("day"), hour: unit("hour"), minute: unit("minute"), second: unit("second") };

// Two units at most: 3d 4h, 5h 20m, 12m, and seconds in the last minute, or the last five where there is room.
function write(seconds, days, exact) {
  const size = Math.abs(seconds);
  const parts = [
    ["day", days ? Math.floor(size / 86400) : 0],
    ["hour", days ? Math.floor(size / 3600) % 24 : Math.floor(size / 3600)],
    ["minute", Math.floor(size / 60) % 60],
    ["second", size % 60],
  ];
  if (size >= 36000) parts[2][1] = 0; // of many hours, the minutes are noise
  const first = parts.findIndex(([, count]) => count > 0);
  const last = size < (exact ? 300 : 60) ? 4 : 3;
  const shown = first < 0 || first > 2 ? parts.slice(3) : parts.slice(first, Math.min(first + 2, last));
  const text = shown.filter(([, count], at) => count > 0 || at === 0).map(([name, count]) => UNITS[name].format(count)).join(" ");
  return seconds < 0 ? `−${text}` : text;
}

class SlaCountdown extends HTMLElement {
  static all = new Set();

  connectedCallback() {
    const number = (name) => (this.getAttribute(name) ? Number(this.getAttribute(name)) : NaN);
    this.left = number("left");
    this.at = number("at");
    this.warn = number("warn");
    // Not anew where its row is moved.
    this.began ??= Date.now() / 1000 - Math.max(0, (number("told") || this.at) - this.at);
    const windows = this.getAttribute("windows");
    this.windows = windows === null ? null : windows.split(",").filter(Boolean).map((span) => span.split("-").map(Number));
    this.words = this.querySelector("[data-left]");
    this.due = this.getAttribute("due") ? new Date(this.getAttribute("due")) : null;
    if (this.due) this.dataset.tip = say(this.getAttribute("state") === "overdue" ? "clock_was_due" : "clock_due", { what: this.getAttribute("what"), due: FULL.format(this.due) });
    if (this.ticks) SlaCountdown.all.add(this);
    this.draw();
  }

  disconnectedCallback() {
    SlaCountdown.all.delete(this);
  }

  get ticks() {
    return ["running", "warned", "overdue"].includes(this.getAttribute("state"));
  }

  // Seconds that counted since the server told: the reader's own clock may be wrong, its pace is not.
  counted(now) {
    if (!this.windows) return now - this.at;
    return this.windows.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(now, to) - Math.max(this.at, from)), 0);
  }

  draw() {
    if (!this.words || Number.isNaN(this.left)) return;
    const now = this.at + (Date.now() / 1000 - this.began);
    const left = this.ticks ? Math.floor(this.left - this.counted(now)) : this.left;
    const state = this.ticks ? (left < 0 ? "overdue" : this.warn && now >= this.warn ? "warned" : "running") : this.getAttribute("state");
    if (state !== this.getAttribute("state")) this.turn(state);
    const rests = this.ticks && this.windows && !this.windows.some(([from, to]) => now >= from && now < to);
    this.classList.toggle("is-resting", !!rests);
    const text = write(left, this.getAttribute("hours") !== "business", this.hasAttribute("exact"));
    if (this.words.textContent !== text) this.words.textContent = text;
  }

  // From one state to the next without waiting for the server: colour, icon and the word for it together.
  turn(state) {
    this.setAttribute("state", state);
    this.closest("[data-clock]")?.setAttribute("data-clock", state);
    const name = { overdue: "flame", warned: "alert-triangle", running: "clock" }[state];
    const use = this.querySelector("use");
    if (use && name) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
    const word = this.querySelector("[data-state]");
    if (word) word.textContent = say(`clock_${state}`);
  }
}

customElements.define("sla-countdown", SlaCountdown);
setInterval(() => document.hidden || SlaCountdown.all.forEach((element) => element.draw()), 1000);
document.addEventListener("visibilitychange", () => document.hidden || SlaCountdown.all.forEach((element) => element.draw()));
