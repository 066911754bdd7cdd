// The desk by keyboard. Letters work wherever nobody is typing.
import { beyond, clearSelection, currentRow, lastPlace, openTicket, rows, select, selectAll, setCurrent } from "./list.js";
import { typing } from "./dom.js";
import { toggleSide, toggleViews } from "./panels.js";
import { close } from "../elements/ticket-view.js";
import { chooseWhole } from "./whole-view.js";

let sequence = "";
let sequenceTimer;
let opening;

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = currentRow();
  const at = all.indexOf(here);
  const beside = (!here || here.dataset.id === openTicket()) && beyond(step).map((id) => document.getElementById(`row-${id}`)).find(Boolean);
  // What was solved or snoozed has left the list: its neighbours stand where it stood.
  const next = at >= 0 ? at + step : lastPlace() + (step > 0 ? 0 : -1);
  const row = beside || all[Math.max(0, Math.min(all.length - 1, next))];
  setCurrent(row, !openTicket());
  if (openTicket() && row.dataset.id !== openTicket()) {
    clearTimeout(opening);
    opening = setTimeout(() => row.querySelector(".row-main").click(), 160);
  }
}

export function menu(id, fallback) {
  const element = document.getElementById(id) || document.getElementById(fallback);
  if (!element) return false;
  const side = element.closest(".side");
  if (side && !side.checkVisibility()) toggleSide();
  element.closest("details")?.setAttribute("open", "");
  element.showPopover();
  return true;
}

// The same key does to all that are ticked what it does to the one that is open.
const ofSelection = (noun) => document.querySelector(".has-selection") && menu(`selection-${noun}`);

// Once: all that is shown; once more: all of the view.
function selectShown() {
  if (!chooseWhole()) selectAll();
}

// Where the list has the keyboard, "select all" means tickets, not text.
const inList = (target) => rows().length > 0 && (target.closest?.("#list") || (target === document.body && !openTicket()));

const composer = () => document.querySelector("ticket-composer");

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => select(currentRow() || rows()[0]),
  X: selectShown,
  r: () => composer()?.begin("reply"),
  n: () => composer()?.begin("note"),
  m: () => composer()?.macros?.open(),
  a: () => ofSelection("assignee") || menu("side-assignee"),
  s: () => ofSelection("status") || menu("head-status", "side-status"),
  p: () => ofSelection("priority") || menu("side-priority"),
  t: () => ofSelection("tag") || menu("side-tag"),
  z: () => menu("head-snooze"),
  e: () => menu("head-hand"),
  i: () => openTicket() && toggleSide(),
  v: () => document.getElementById("views") && toggleViews(),
  c: () => document.querySelector('.rail [data-keys="c"]')?.click(),
  "/": () => document.querySelector('.rail [data-keys="/"]')?.click(),
  "?": () => document.getElementById("keyboard-help")?.showModal(),
  g: () => {
    sequence = "g";
    clearTimeout(sequenceTimer);
    sequenceTimer = setTimeout(() => (sequence = ""), 1200);
  },
};
// What a key of the desk does, for whoever offers the same by name.
export const press = (key) => KEYS[key]?.();
const GO = { m: "mine", u: "unassigned", a: "open", s: "solved" };

// What stands on the cap that was pressed. Shortcuts are Latin; a Cyrillic layout gives other letters by the same
// caps, and "." and "," where the Latin one has "/" and "?".
function cap({ key, code, shiftKey }) {
  if (code === "Slash" && (key === "." || key === ",")) return key === "." ? "/" : "?";
  if (key.length > 1 || key < "\u0080" || !/^Key[A-Z]$/.test(code)) return key;
  return shiftKey ? code[3] : code[3].toLowerCase();
}

document.addEventListener("click", ({ target }) => {
  const step = Number(target.closest("[data-step]")?.dataset.step);
  if (step) move(step);
});

document.addEventListener("keydown", (event) => {
  const { target } = event;
  const key = cap(event);
  const sends = key === "Enter" && (event.ctrlKey || event.metaKey);
  if (sends) {
    const form = target.closest?.("form");
    const button = event.shiftKey ? form?.querySelector("[data-resolve]") : form?.querySelector("[data-send]");
    if (button) {
      event.preventDefault();
      button.click();
    }
    return;
  }
  const selects = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.code === "KeyA";
  if ((event.ctrlKey || event.metaKey || event.altKey || event.isComposing) && !selects) return;
  if (document.querySelector("dialog[open], .menu:popover-open, .bell-panel:popover-open")) return;
  if (selects) {
    if (!typing(target) && inList(target)) {
      event.preventDefault();
      selectShown();
    }
    return;
  }
  if (key === "Escape") {
    if (typing(target)) target.blur();
    else if (document.querySelector("#rows input[name=ticket]:checked")) clearSelection();
    else if (document.querySelector(".side.is-shown")) toggleSide();
    else if (openTicket()) close();
    return;
  }
  if (typing(target)) return;
  if (sequence === "g") {
    sequence = "";
    if (key === "i") location.href = "/";
    else if (key === "n") document.getElementById("bell")?.click();
    else if (GO[key]) document.querySelector(`[data-view-key="${GO[key]}"]`)?.click();
    event.preventDefault();
    return;
  }
  if (key === "Enter") {
    if (target === document.body && currentRow()) currentRow().querySelector(".row-main").click();
    return;
  }
  const act = KEYS[key];
  if (act) {
    event.preventDefault();
    act();
  }
});

