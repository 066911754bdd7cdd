// The list: which row is open, which are selected, and asking for it again when something changed.
import { say } from "./words.js";
import { seen, spread } from "./dom.js";
import { isPressed, whenLetGo } from "./pressed.js";
import { showWhole, wholeWords } from "./whole-view.js";

const { htmx } = window;
let anchor = null;
let place = 0;
const REST = 10;
const LONGEST_REST = 15000; // ms
const AT_ONCE = 2; // times that a list is drawn anew without waiting
const LONGEST = 60000; // ms that an answer may take
const MEANWHILE = 200; // ms until one looks again whether an answer has come

export const rows = () => [...document.querySelectorAll("#rows > .ticket-row")];
export const openTicket = () => document.querySelector("ticket-view")?.dataset.ticket || "";
export const currentRow = () => document.querySelector("#rows > .ticket-row.is-current");

// How the list stood when the open ticket was opened: one's own reply moves it to the top, and the next ticket is
// still the one that stood below it.
let stood = { id: "", ids: [] };

// The tickets after the open one, or before it, nearest first: numbers, of which some may be gone.
export function beyond(step) {
  const at = stood.ids.indexOf(openTicket());
  if (at < 0) return [];
  return step > 0 ? stood.ids.slice(at + 1) : stood.ids.slice(0, at).reverse();
}

// Where the current row stands, or stood when it left the list.
export function lastPlace() {
  return place;
}

export function markOpen() {
  const id = openTicket();
  if (id !== stood.id || !stood.ids.includes(id)) stood = { id, ids: rows().map((row) => row.dataset.id) };
  for (const row of rows()) {
    const open = row.dataset.id === id;
    row.classList.toggle("is-open", open);
    if (open) {
      row.classList.remove("is-unread");
      setCurrent(row, false);
      row.querySelector(".row-main").setAttribute("aria-current", "true");
    } else row.querySelector(".row-main").removeAttribute("aria-current");
  }
}

export function setCurrent(row, focus = true) {
  for (const other of rows()) other.classList.toggle("is-current", other === row);
  if (!row) return;
  place = rows().indexOf(row);
  row.scrollIntoView({ block: "nearest" });
  if (focus) row.querySelector(".row-main").focus({ preventScroll: true });
}

// What happens by itself is on the screen within a second or two, twice in a row; while things keep happening, every
// few seconds. Where an answer took long everybody waits, and those who work there come first: the page rests ten
// times as long.
const asked = {
  rows: { pace: 4000, credit: AT_ONCE, at: 0, again: 0, busy: false },
  views: { pace: 5000, credit: AT_ONCE, at: 0, again: 0, busy: false },
};
const clock = () => performance.now();
const left = (name) => () => {
  const { busy, at, again } = asked[name];
  return busy && clock() - at < LONGEST ? MEANWHILE : again - clock();
};
const [soonRows, nowRows] = spread(() => htmx.trigger(document.body, "desk:refresh"), 150, 900, left("rows"));
// Later than the server keeps its numbers, else it would answer with those that one has.
const [soonCounts, nowCounts] = spread(() => htmx.trigger(document.body, "desk:counts"), 1050, 1950, left("views"));

// What one has done oneself is shown at once.
function refreshNow() {
  nowRows();
  nowCounts();
  soonCounts();
}
const whenSeen = seen(refreshNow);

export function refresh() {
  if (document.hidden) {
    whenSeen();
    return;
  }
  soonRows();
  soonCounts();
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const part = asked[detail.requestConfig.elt.id];
  if (!part) return;
  const now = clock();
  part.credit = Math.max(0, Math.min(AT_ONCE, part.credit + (now - part.at) / part.pace) - 1);
  part.at = now;
  part.busy = true;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const part = asked[detail.requestConfig.elt.id];
  if (!part) return;
  const now = clock();
  const wait = Math.max(0, 1 - part.credit) * part.pace * (0.75 + Math.random() / 2);
  part.busy = false;
  part.again = Math.max(now + Math.min((now - part.at) * REST, LONGEST_REST), part.at + wait);
  if (detail.successful) return;
  // It is as old as before, and nobody tells it again.
  part.again = now + LONGEST_REST;
  refresh();
});
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id === "rows") {
    detail.parameters.shown = String(rows().length);
    detail.parameters.open = openTicket();
    detail.parameters.have = detail.elt.dataset.stamp ?? "";
  }
  // What is there already is not sent again.
  if (detail.elt.id === "views") detail.parameters.have = document.getElementById("views-list")?.dataset.stamp ?? "";
  if (detail.elt.closest?.("#selection, .ticket-row") && detail.verb === "post") detail.headers["X-From-List"] = "1";
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!["rows", "views"].includes(detail.target.id) || !isPressed(detail.target)) return;
  detail.shouldSwap = false;
  whenLetGo(refreshNow);
});
document.addEventListener("desk:changed", refreshNow);

// Selecting: x, a click, and shift for a whole stretch.
function showSelection() {
  const bar = document.getElementById("selection");
  if (!bar) return;
  const count = document.querySelectorAll("#rows input[name=ticket]:checked").length;
  bar.hidden = count === 0;
  bar.closest(".list").classList.toggle("has-selection", count > 0);
  showWhole(count);
  bar.querySelector("[data-count]").textContent = say("selected", { count: wholeWords() || count });
}

export function select(row, on) {
  const box = row?.querySelector("input[name=ticket]");
  if (!box) return;
  box.checked = on ?? !box.checked;
  anchor = row;
  showSelection();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("#rows input[name=ticket]");
  if (box) {
    const row = box.closest(".ticket-row");
    if (event.shiftKey && anchor?.isConnected) {
      const all = rows();
      const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((a, b) => a - b);
      for (const each of all.slice(from, to + 1)) each.querySelector("input[name=ticket]").checked = box.checked;
    }
    anchor = row;
    showSelection();
  }
  if (event.target.closest("[data-clear]")) clearSelection();
});

// Everything on the screen, also what has just come there.
export function selectAll() {
  for (const box of document.querySelectorAll("#rows input[name=ticket]")) box.checked = true;
  showSelection();
}

export function clearSelection() {
  for (const box of document.querySelectorAll("#rows input[name=ticket]:checked")) box.checked = false;
  showSelection();
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { verb } = detail.requestConfig ?? {};
  if (detail.successful && verb === "post" && detail.elt.closest?.("#selection")) clearSelection();
});
document.addEventListener("selection:changed", showSelection);
document.addEventListener("keyed:merged", (event) => {
  if (event.target.id === "rows") {
    markOpen();
    (wholeWords() ? selectAll : showSelection)();
  }
});
document.addEventListener("htmx:afterSwap", ({ target }) => {
  markOpen();
  if (target.closest?.("#rows") && wholeWords()) selectAll();
});
