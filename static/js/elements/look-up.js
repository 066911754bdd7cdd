// <look-up>: values chosen by type-ahead, as chips. A chip is a ticked box, so the form works without us too.
import { svg } from "../lib/dom.js";

class LookUp extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.input = this.querySelector(".look-input");
    this.chips = this.querySelector(".look-chips");
    this.list = document.createElement("ul");
    this.list.className = "menu plain suggestions";
    this.list.popover = "manual";
    this.list.id = `${this.input.id}-list`;
    this.list.setAttribute("role", "listbox");
    this.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" }))
      this.input.setAttribute(name, value);
    this.input.addEventListener("input", (event) => {
      event.stopPropagation();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), 140);
    });
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("focus", () => this.ask());
    this.input.addEventListener("click", () => this.list.matches(":popover-open") || this.ask());
    this.input.addEventListener("blur", () => setTimeout(() => this.left(), 150));
    this.input.addEventListener("keydown", (event) => this.keys(event));
    this.chips.addEventListener("change", (event) => this.remove(event.target.closest(".look-chip")));
    this.chips.addEventListener("keydown", (event) => {
      if (event.key !== "Backspace" && event.key !== "Delete") return;
      event.preventDefault();
      this.remove(event.target.closest(".look-chip"));
    });
    this.addEventListener("click", (event) => event.target === this && this.input.focus());
    this.list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      event.preventDefault();
      if (option) this.take(option.dataset.value, option.dataset.words);
    });
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get values() {
    return [...this.chips.querySelectorAll("input:checked")].map((box) => box.value);
  }

  async ask() {
    const words = this.input.value.trim();
    this.asked = words;
    const answer = await fetch(`${this.dataset.url}&q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || this.asked !== words || document.activeElement !== this.input) return;
    this.list.innerHTML = await answer.text();
    const has = new Set(this.values);
    for (const option of [...this.list.children]) if (has.has(option.dataset.value)) option.remove();
    if (!this.list.children.length) return void this.close();
    [...this.list.children].forEach((option, at) => (option.id = `${this.list.id}-${at}`));
    if (!this.list.matches(":popover-open")) this.list.showPopover();
    this.place();
    this.input.setAttribute("aria-expanded", "true");
    if (words) this.mark(this.list.firstElementChild);
  }

  place() {
    const at = this.getBoundingClientRect();
    const own = this.list.getBoundingClientRect();
    const below = at.bottom + 4 + own.height < innerHeight - 8;
    this.list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
    this.list.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - own.height - 4)}px`;
    this.list.style.minWidth = `${Math.min(Math.max(at.width, 200), 340)}px`;
  }

  mark(option) {
    this.list.querySelector(".is-active")?.classList.remove("is-active");
    option?.classList.add("is-active");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  keys(event) {
    const open = this.list.matches(":popover-open");
    const active = open && this.list.querySelector(".is-active");
    const options = [...this.list.children];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return void this.ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark(options[(options.indexOf(active) + step + options.length) % options.length] || options[0]);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (active) this.take(active.dataset.value, active.dataset.words);
      else this.own();
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && !this.input.value) {
      this.remove(this.chips.lastElementChild);
    }
  }

  // Words of one's own become a value where that is allowed.
  own() {
    const words = this.input.value.trim();
    if (!words || this.dataset.free !== "true") return;
    const known = [...this.list.children].find((option) => option.dataset.words.toLowerCase() === words.toLowerCase());
    this.take(known?.dataset.value ?? words, known?.dataset.words ?? words);
  }

  left() {
    if (document.activeElement === this.input) return;
    this.own();
    if (this.dataset.free !== "true") this.input.value = "";
    this.close();
  }

  take(value, words) {
    this.input.value = "";
    this.close();
    if (this.values.includes(value)) return;
    if (this.dataset.many !== "true") this.chips.replaceChildren();
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: this.dataset.name, value, checked: true });
    box.setAttribute("aria-label", words);
    const text = Object.assign(document.createElement("span"), { className: "clip", textContent: words });
    const chip = Object.assign(document.createElement("label"), { className: "look-chip" });
    chip.append(box, text, svg("x"));
    this.chips.append(chip);
    this.changed();
  }

  remove(chip) {
    if (!chip) return;
    chip.remove();
    this.input.focus();
    this.changed();
  }

  close() {
    this.asked = undefined;
    if (this.list.matches(":popover-open")) this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  changed() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("look-up", LookUp);
