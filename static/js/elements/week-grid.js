// <week-grid>: the hours of a week, drawn with the mouse or set by keyboard. The time fields in it hold the
// truth and work without this script; the tracks only show and write them.
import { DAY, interval, joined, written } from "../lib/hours.js";

const STEP = 900;
const snap = (value) => Math.round(value / STEP) * STEP;
const within = (value, low, high) => Math.max(low, Math.min(high, value));

class WeekGrid extends HTMLElement {
  connectedCallback() {
    if (this.rows) return;
    this.rows = [...this.querySelectorAll("[data-day]")];
    this.fresh = this.querySelector("template[data-pair]");
    for (const row of this.rows) {
      for (const pair of row.querySelectorAll("[data-hours-pair]")) {
        if ([...pair.querySelectorAll("input")].every((input) => !input.value)) pair.remove();
      }
      row.track = row.querySelector("[data-track]");
      row.track.addEventListener("pointerdown", (event) => this.press(event, row));
      row.track.addEventListener("keydown", (event) => this.keys(event, row));
    }
    this.addEventListener("click", (event) => this.click(event));
    this.addEventListener("input", () => this.draw());
    this.addEventListener("focusout", (event) => event.target.matches("[data-hours-pair] input") && this.tidy(event.target));
    this.classList.add("is-alive");
    this.draw();
  }

  // --- the fields ---------------------------------------------------------------------------------------

  pairs(row) {
    return [...row.querySelectorAll("[data-hours-pair]")];
  }

  read(row) {
    return this.pairs(row)
      .map((pair) => interval(...[...pair.querySelectorAll("input")].map((input) => input.value)))
      .filter(Boolean);
  }

  write(row, intervals, tell = true) {
    const place = row.querySelector("[data-add]");
    const pairs = this.pairs(row);
    for (const extra of pairs.slice(intervals.length)) extra.remove();
    intervals.forEach(([start, end], index) => {
      let pair = pairs[index];
      if (!pair) {
        pair = this.pair(row);
        place.before(pair);
      }
      const [from, until] = pair.querySelectorAll("input");
      from.value = written(start);
      until.value = written(end, true);
    });
    row.querySelector(".field-error")?.remove();
    this.draw();
    if (tell) this.tell();
  }

  pair(row) {
    const pair = this.fresh.content.firstElementChild.cloneNode(true);
    pair.querySelectorAll("input").forEach((input, end) => {
      input.name = `week-${row.dataset.day}-${end ? "until" : "from"}`;
      input.setAttribute("aria-label", `${row.dataset.name}: ${input.getAttribute("aria-label")}`);
    });
    return pair;
  }

  tell() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  tidy(input) {
    const pair = input.closest("[data-hours-pair]");
    const [from, until] = pair.querySelectorAll("input");
    const read = interval(from.value, until.value);
    if (read) [from.value, until.value] = [written(read[0]), written(read[1], true)];
  }

  click(event) {
    const row = event.target.closest("[data-day]");
    const copy = event.target.closest("[data-copy-day]");
    if (event.target.closest("[data-add]")) {
      const pair = this.pair(row);
      row.querySelector("[data-add]").before(pair);
      const last = this.read(row).at(-1);
      const inputs = pair.querySelectorAll("input");
      if (!last) [inputs[0].value, inputs[1].value] = ["09:00", "18:00"];
      inputs[0].focus();
      inputs[0].select();
      this.draw();
      this.tell();
    } else if (event.target.closest("[data-drop]")) {
      event.target.closest("[data-hours-pair]").remove();
      row.querySelector("[data-add]").focus();
      this.draw();
      this.tell();
    } else if (copy) {
      event.preventDefault();
      copy.closest("[popover]")?.hidePopover();
      const hours = this.read(row);
      for (const other of this.rows) {
        const workday = Number(other.dataset.day) < 5;
        if (other !== row && (copy.dataset.copyDay === "all" || workday)) this.write(other, hours, false);
      }
      this.tell();
    }
  }

  // --- the picture --------------------------------------------------------------------------------------

  draw() {
    const week = this.rows.map((row) => this.read(row));
    this.rows.forEach((row, day) => {
      const before = week[(day + 6) % 7].filter(([, end]) => end > DAY).map(([, end]) => [0, end - DAY]);
      const wanted = [...week[day].map((hours) => [hours, false]), ...before.map((hours) => [hours, true])];
      const bars = [...row.track.children];
      for (const extra of bars.slice(wanted.length)) extra.remove();
      wanted.forEach(([hours, ghost], index) => this.bar(row, bars[index], hours, ghost, index));
      row.classList.toggle("is-free", !week[day].length);
      for (const pair of this.pairs(row)) {
        const read = interval(...[...pair.querySelectorAll("input")].map((input) => input.value));
        pair.classList.toggle("is-overnight", !!read && read[1] > DAY);
      }
    });
  }

  bar(row, old, [start, end], ghost, index) {
    const bar = old || row.track.appendChild(document.createElement("div"));
    const stop = Math.min(end, DAY);
    bar.className = `wk-bar${ghost ? " is-ghost" : ""}${end > DAY ? " is-open" : ""}`;
    bar.style.insetInlineStart = `${(start / DAY) * 100}%`;
    bar.style.width = `${((stop - start) / DAY) * 100}%`;
    bar.dataset.index = ghost ? "" : index;
    if (ghost) {
      bar.replaceChildren();
      for (const name of ["role", "tabindex", "aria-label", "aria-valuetext", "aria-valuenow", "aria-valuemin", "aria-valuemax"]) bar.removeAttribute(name);
      bar.setAttribute("aria-hidden", "true");
      return;
    }
    bar.removeAttribute("aria-hidden");
    const words = `${written(start)}–${written(end, true)}`;
    bar.setAttribute("role", "slider");
    bar.setAttribute("tabindex", "0");
    bar.setAttribute("aria-label", row.dataset.name);
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", String(DAY / 60));
    bar.setAttribute("aria-valuenow", String(start / 60));
    bar.setAttribute("aria-valuetext", words);
    if (!bar.firstElementChild) {
      for (const part of ["wk-grip", "wk-words", "wk-grip is-end"]) {
        const span = document.createElement("span");
        span.className = part;
        bar.append(span);
      }
    }
    bar.children[1].textContent = words;
  }

  // --- the mouse, the finger ----------------------------------------------------------------------------

  press(event, row) {
    if (event.button) return;
    const box = row.track.getBoundingClientRect();
    const at = (pointer) => ((pointer.clientX - box.left) / box.width) * DAY;
    const bar = event.target.closest(".wk-bar:not(.is-ghost)");
    const before = this.read(row);
    const from = at(event);
    let change;
    let moved = false;
    if (bar) {
      const index = Number(bar.dataset.index);
      const [start, end] = before[index];
      const grip = event.target.closest(".wk-grip");
      bar.focus();
      change = (now) => {
        const by = snap(now - from);
        let next = [start + by, end + by];
        if (grip?.classList.contains("is-end")) next = [start, within(snap(now), start + STEP, start + DAY)];
        else if (grip) next = [within(snap(now), 0, Math.min(end - STEP, DAY - STEP)), end];
        else {
          const begin = within(start + by, 0, DAY - STEP);
          next = [begin, begin + end - start];
        }
        return before.map((one, each) => (each === index ? next : one));
      };
    } else {
      const anchor = within(snap(from), 0, DAY - STEP);
      change = (now) => {
        const other = snap(now);
        if (other === anchor) return before;
        const start = within(Math.min(anchor, other), 0, DAY - STEP);
        return [...before, [start, within(Math.max(anchor, other), start + STEP, start + DAY)]];
      };
    }
    row.track.setPointerCapture(event.pointerId);
    row.classList.add("is-drawing");
    let latest = before;
    const move = (pointer) => {
      moved ||= Math.abs(pointer.clientX - event.clientX) > 3;
      if (!moved) return;
      latest = change(at(pointer));
      this.write(row, latest.map((one) => [...one]), false);
    };
    const done = (pointer) => {
      row.track.removeEventListener("pointermove", move);
      row.track.removeEventListener("pointerup", done);
      row.track.removeEventListener("pointercancel", done);
      row.classList.remove("is-drawing");
      if (!moved) return;
      this.write(row, pointer.type === "pointercancel" ? before : joined(latest.map((one) => [...one])), true);
    };
    row.track.addEventListener("pointermove", move);
    row.track.addEventListener("pointerup", done);
    row.track.addEventListener("pointercancel", done);
  }

  // --- the keyboard: arrows move, with Shift they set the end, with Alt the start, Delete takes away ------

  keys(event, row) {
    const bar = event.target.closest(".wk-bar");
    if (!bar) return;
    const hours = this.read(row);
    const index = Number(bar.dataset.index);
    let [start, end] = hours[index];
    const by = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.write(row, hours.toSpliced(index, 1));
      (row.track.querySelector("[role=slider]") || row.querySelector("[data-add]")).focus();
      return;
    }
    if (event.key === "Enter") {
      event.preventDefault();
      this.pairs(row)[index]?.querySelector("input").focus();
      return;
    }
    if (!by || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (event.shiftKey) end = within(end + by, start + STEP, start + DAY);
    else if (event.altKey) start = within(start + by, Math.max(0, end - DAY), Math.min(end - STEP, DAY - STEP));
    else {
      const begin = within(start + by, 0, DAY - STEP);
      [start, end] = [begin, begin + end - start];
    }
    this.write(row, hours.with(index, [start, end]));
    row.track.children[index]?.focus();
  }
}

customElements.define("week-grid", WeekGrid);
