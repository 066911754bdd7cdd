// <sort-list data-url>: rows [data-id] in an order of one's own. A handle drags, buttons move by one;
// the order is posted as "row", once for each. Without this script the buttons are forms of their own.
import { post } from "../lib/dom.js";
import { say } from "../lib/words.js";
import { toast } from "../lib/toasts.js";

class SortList extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.rows = this.querySelector("[data-rows]");
    this.status = document.createElement("span");
    this.status.className = "sr-only";
    this.status.setAttribute("role", "status");
    this.append(this.status);
    this.addEventListener("pointerdown", (event) => this.begin(event));
    this.addEventListener("click", (event) => this.step(event));
    this.edges();
    this.saved = this.order;
  }

  get order() {
    return [...this.rows.children].map((row) => row.dataset.id);
  }

  begin(event) {
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.button) return;
    event.preventDefault();
    const row = handle.closest("[data-id]");
    const before = this.order.join();
    row.classList.add("is-dragged");
    const move = ({ clientY }) => {
      const others = [...this.rows.children].filter((other) => other !== row);
      const next = others.find((other) => {
        const box = other.getBoundingClientRect();
        return clientY < box.top + box.height / 2;
      });
      if (next ? row.nextElementSibling !== next : this.rows.lastElementChild !== row) this.rows.insertBefore(row, next || null);
    };
    // Not by capture, which a row loses when it moves in the page.
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      row.classList.remove("is-dragged");
      if (this.order.join() !== before) this.save(row);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  step(event) {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-id]");
    const other = button.dataset.move === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (button.dataset.move === "up") other.before(row);
    else other.after(row);
    this.save(row);
    button.disabled ? row.querySelector("[data-move]:not(:disabled)")?.focus() : button.focus();
  }

  // The first cannot go up, the last not down.
  edges() {
    const rows = [...this.rows.children];
    for (const row of rows) {
      for (const button of row.querySelectorAll("[data-move]")) {
        button.disabled = row === (button.dataset.move === "up" ? rows[0] : rows.at(-1));
      }
      const number = row.querySelector("[data-number]");
      if (number) number.textContent = rows.indexOf(row) + 1;
    }
  }

  save(row) {
    this.edges();
    const { order } = this;
    const before = this.saved || order;
    this.status.textContent = say("sort_place", { at: order.indexOf(row.dataset.id) + 1, of: order.length });
    const data = new FormData();
    for (const id of order) data.append("row", id);
    // One after the other: the last order must be the one that stays.
    this.saving = (this.saving || Promise.resolve())
      .then(() => post(this.dataset.url, data))
      .then(async (answer) => {
        if (answer.ok) {
          this.saved = order;
          this.dispatchEvent(new Event("sorted", { bubbles: true }));
          return;
        }
        // The server says why it cannot be so: back to the order it has.
        const words = answer.status === 422 ? await answer.text() : say(answer.status === 403 ? "forbidden" : "failed");
        for (const id of before) this.rows.append(this.rows.querySelector(`[data-id="${id}"]`));
        this.edges();
        toast(words, "error");
      })
      .catch(() => toast(say("unreachable"), "error"));
  }
}

customElements.define("sort-list", SortList);
