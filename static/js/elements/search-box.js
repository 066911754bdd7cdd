// <search-box>: the search field offers operators and their values as one types, and remembers what led somewhere.
import { post } from "../lib/dom.js";
import { say } from "../lib/words.js";

class SearchBox extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.input = this.querySelector("input[type=search]");
    this.list = document.createElement("ul");
    this.list.className = "menu plain suggestions search-completions";
    this.list.popover = "manual";
    this.list.id = "search-completions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.input.placeholder);
    this.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" }))
      this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.soon());
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.input.addEventListener("keydown", (event) => this.keys(event));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
    this.querySelector("form").addEventListener("submit", () => {
      this.close();
      this.remember();
    });
    this.led = (event) => event.target.closest("#results .result-link") && this.remember();
    document.addEventListener("click", this.led);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("click", this.led);
  }

  get before() {
    return this.input.value.slice(0, this.input.selectionStart ?? this.input.value.length);
  }

  soon() {
    clearTimeout(this.timer);
    if (!this.input.value.trim()) return void this.close();
    this.timer = setTimeout(() => this.ask(), 140);
  }

  async ask(wanted = false) {
    const { before } = this;
    this.asked = before;
    // After a finished word nothing is offered unless it is asked for.
    if (!wanted && !/\S$/.test(before) && !/[:"«][^"»]*$/.test(before)) return void this.close();
    const answer = await fetch(`${this.dataset.complete}?q=${encodeURIComponent(before)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || this.asked !== before || this.before !== before || document.activeElement !== this.input) return;
    this.list.innerHTML = await answer.text();
    const options = [...this.list.children];
    if (!options.length) return void this.close();
    options.forEach((option, at) => (option.id = `${this.list.id}-${at}`));
    this.active = undefined;
    this.input.removeAttribute("aria-activedescendant");
    if (!this.isOpen) this.list.showPopover();
    this.place();
    this.input.setAttribute("aria-expanded", "true");
    this.querySelector("[data-said]").textContent = say("entries", { count: options.length });
  }

  get isOpen() {
    return this.list.matches(":popover-open");
  }

  place() {
    const at = this.querySelector("form").getBoundingClientRect();
    this.list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - this.list.offsetWidth - 8))}px`;
    this.list.style.top = `${at.bottom + 4}px`;
    this.list.style.maxHeight = `${Math.max(120, innerHeight - at.bottom - 12)}px`;
  }

  keys(event) {
    if (event.isComposing) return;
    const options = [...this.list.children];
    const at = options.indexOf(this.active);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) return void this.ask(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark(options[at < 0 && step < 0 ? options.length - 1 : (at + step + options.length) % options.length]);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.isOpen && this.active) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  mark(option) {
    for (const each of this.list.children) {
      each.classList.toggle("is-active", each === option);
      each.setAttribute("aria-selected", String(each === option));
    }
    this.active = option;
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  take(option) {
    const after = this.input.value.slice(this.before.length).replace(/^\S+/, "").trimStart();
    const { text } = option.dataset;
    const goesOn = "goesOn" in option.dataset;
    this.input.value = text + after;
    this.input.setSelectionRange(text.length, text.length);
    this.close();
    // htmx hears of it as of anything typed; the values of an operator come at once.
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(this.timer);
    if (goesOn) this.ask(true);
  }

  close() {
    clearTimeout(this.timer);
    this.asked = undefined;
    this.active = undefined;
    if (this.isOpen) this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  // Only what was sent off, or led to a result: not every letter on the way.
  remember() {
    const q = this.input.value.trim();
    if (q && q !== this.kept) post(this.dataset.recent, { q }, { keepalive: true }).catch(() => {});
    this.kept = q;
  }
}

customElements.define("search-box", SearchBox);
