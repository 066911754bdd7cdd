// <local-time datetime form since>: a moment in the reader's language and zone; the exact time on hover.
const root = document.documentElement;
const language = root.lang || "en";
const timeZone = root.dataset.zone || undefined;
const format = (options) => new Intl.DateTimeFormat(language, { timeZone, ...options, ...(options.hour || options.timeStyle ? { hourCycle: "h23" } : {}) });

const FULL = format({ dateStyle: "full", timeStyle: "short" });
const DATE = format({ day: "numeric", month: "short", year: "numeric" });
const DAY = format({ day: "numeric", month: "short" });
const HOUR = format({ hour: "2-digit", minute: "2-digit" });
const KEY = format({ year: "numeric", month: "2-digit", day: "2-digit" });
const AGO = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const STEPS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const UNITS = Object.fromEntries(
  STEPS.map(([unit]) => [unit, new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "narrow" })]),
);

function write(at, form) {
  const now = new Date();
  const seconds = Math.round((now - at) / 1000);
  if (form === "full") return FULL.format(at);
  if (form === "date") return DATE.format(at);
  if (form === "time") {
    if (KEY.format(at) === KEY.format(now)) return HOUR.format(at);
    if (at.getFullYear() !== now.getFullYear()) return DATE.format(at);
    return `${DAY.format(at)}, ${HOUR.format(at)}`;
  }
  const size = Math.abs(seconds);
  if (form === "age" && size >= 30 * 86400) return at.getFullYear() === now.getFullYear() ? DAY.format(at) : DATE.format(at);
  const [unit, length] = STEPS.find(([, each]) => size >= each) || ["minute", 60];
  const count = Math.floor(size / length);
  if (size < 60) return AGO.format(0, "second");
  if (form === "age") return UNITS[unit].format(Math.max(count, 1));
  return AGO.format(seconds > 0 ? -count : count, unit);
}

class LocalTime extends HTMLElement {
  static all = new Set();

  connectedCallback() {
    LocalTime.all.add(this);
    this.at = new Date(this.getAttribute("datetime"));
    this.since = this.getAttribute("since");
    this.draw();
  }

  disconnectedCallback() {
    LocalTime.all.delete(this);
  }

  // The end of a stretch: on the day it began, the hour is enough.
  until() {
    return KEY.format(this.at) === KEY.format(new Date(this.since)) ? HOUR.format(this.at) : write(this.at, "time");
  }

  draw() {
    if (Number.isNaN(this.at.getTime())) return;
    const words = this.since ? this.until() : write(this.at, this.getAttribute("form") || "ago");
    let time = this.firstElementChild;
    if (!time) {
      time = document.createElement("time");
      this.append(time);
    }
    if (time.textContent !== words) time.textContent = words;
    this.title = FULL.format(this.at);
  }
}

customElements.define("local-time", LocalTime);
setInterval(() => document.hidden || LocalTime.all.forEach((element) => element.draw()), 20000);
document.addEventListener("visibilitychange", () => document.hidden || LocalTime.all.forEach((element) => element.draw()));
