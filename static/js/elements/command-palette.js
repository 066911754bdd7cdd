// <command-palette>: Ctrl or Cmd + K. Goes anywhere, presses what is on the page, finds what there is. Only what is
// typed now is kept, and only as long as it is open.
import { menu, press } from "../lib/keyboard.js";
import { svg } from "../lib/dom.js";
import { say } from "../lib/words.js";

const fold = (text) => text.trim().toLowerCase().replaceAll("ё", "е");

class CommandPalette extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input");
    this.list = this.querySelector("[role=listbox]");
    this.none = this.querySelector(".palette-none");
    this.busy = this.querySelector(".palette-busy");
    [this.top, this.commands, this.found] = this.list.children;
    this.opener = (event) => this.asked(event);
    // Before the editor, whose link has the same keys.
    document.addEventListener("keydown", this.opener, true);
    // Where there is no keyboard: a button in one's own menu.
    this.pressed = (event) => event.target.closest("[data-palette-open]") && this.open();
    document.addEventListener("click", this.pressed);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.keys(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.act(option, event);
    });
    this.dialog.addEventListener("close", () => this.forget());
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.opener, true);
    document.removeEventListener("click", this.pressed);
    clearTimeout(this.timer);
  }

  asked(event) {
    if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    // Words selected in the editor are to become a link.
    if (event.target.closest?.("trix-editor") && !getSelection().isCollapsed) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.dialog.open) this.dialog.close();
    else if (!document.querySelector("dialog[open]")) this.open();
  }

  async open() {
    document.querySelector("[popover]:popover-open")?.hidePopover();
    this.dialog.showModal();
    this.input.focus();
    this.own();
    this.show();
    // Each time: one's views, and whether one takes new tickets, may have changed meanwhile.
    const answer = await this.fetch(this.dataset.commands);
    if (answer === null || answer === this.loaded) return;
    this.loaded = answer;
    this.commands.innerHTML = answer;
    this.show(true);
  }

  async fetch(url) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    const login = answer?.headers.get("HX-Redirect");
    if (login) location.href = login;
    return answer?.ok && !login ? answer.text() : null;
  }

  // Whatever else the page offers by name: data-palette="words" on a control.
  own() {
    this.top.replaceChildren(
      ...[...document.querySelectorAll("[data-palette]")].map((control) => {
        const option = document.createElement("div");
        option.className = "menu-item";
        option.setAttribute("role", "option");
        const words = Object.assign(document.createElement("span"), { className: "clip", textContent: control.dataset.palette });
        words.dataset.words = "";
        option.append(svg("bolt"), words);
        option.control = control;
        return option;
      }),
    );
  }

  typed() {
    this.enter = false;
    clearTimeout(this.timer);
    this.waiting = !!this.input.value.trim();
    this.busy.hidden = !this.waiting;
    this.show();
    if (!this.waiting) this.found.replaceChildren();
    else this.timer = setTimeout(() => this.find(), 160);
  }

  async find() {
    const asked = this.input.value.trim();
    const answer = await this.fetch(`${this.dataset.found}?q=${encodeURIComponent(asked)}`);
    if (asked !== this.input.value.trim() || !this.dialog.open) return;
    this.waiting = false;
    this.busy.hidden = true;
    this.found.innerHTML = answer ?? "";
    this.show(true);
    if (this.enter) this.act(this.active);
    this.enter = false;
  }

  // Commands whose names hold all the words, and can act here; then what was found.
  show(keep = false) {
    const words = fold(this.input.value).split(/\s+/).filter(Boolean);
    const options = [...this.list.querySelectorAll("[role=option]")];
    for (const option of options) {
      if (!option.id) option.id = `palette-option-${(this.counter = (this.counter || 0) + 1)}`;
      if (this.found.contains(option)) continue;
      const text = ` ${fold(`${option.querySelector("[data-words]").textContent} ${option.dataset.also || ""}`)}`;
      const { needs } = option.dataset;
      option.hidden = !words.every((word) => text.includes(` ${word}`)) || (!!needs && !document.querySelector(needs));
    }
    for (const group of this.list.querySelectorAll("[role=group]")) group.hidden = !group.querySelector("[role=option]:not([hidden])");
    // A number is a ticket before it is anything else.
    this.list.prepend(/^#?\d+$/.test(this.input.value.trim()) ? this.found : this.top);
    const shown = this.options;
    this.mark(keep && shown.includes(this.active) && this.moved ? this.active : shown[0]);
    this.none.hidden = shown.length > 0 || this.waiting || !this.loaded;
    this.none.textContent = say("no_entry");
    if (!this.waiting) this.tell(shown.length ? say("entries", { count: shown.length }) : say("no_entry"));
  }

  tell(words) {
    this.querySelector("[data-said]").textContent = words;
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]:not([hidden])")];
  }

  mark(option, moved = false) {
    this.moved = moved;
    this.active?.classList.remove("is-active");
    this.active?.setAttribute("aria-selected", "false");
    this.active = option;
    if (!option) return void this.input.removeAttribute("aria-activedescendant");
    option.classList.add("is-active");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  keys(event) {
    if (event.isComposing) return;
    const shown = this.options;
    const at = shown.indexOf(this.active);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) {
      event.preventDefault();
      const next = Math.abs(step) === 1 ? (at + step + shown.length) % shown.length : Math.max(0, Math.min(shown.length - 1, at + step));
      this.mark(shown[next], true);
    } else if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      // What one has not chosen yet may still be on its way: a number and Enter, typed in one go.
      if (this.waiting && !this.moved && (!this.active || /^#?\d+$/.test(this.input.value.trim()))) this.enter = true;
      else this.act(this.active, event);
    } else if (event.key === "Tab") event.preventDefault();
  }

  act(option, event) {
    if (!option) return;
    if (option.href && (event?.ctrlKey || event?.metaKey)) {
      if (event.type !== "click") window.open(option.href);
      return;
    }
    event?.preventDefault();
    const { href, control } = option;
    const { press: key, pressOn, opens } = option.dataset;
    this.dialog.close();
    // Once the focus is back where it was, so that a menu opened now keeps it.
    setTimeout(() => {
      if (key) press(key);
      else if (opens) menu(opens);
      else if (pressOn) document.querySelector(pressOn)?.click();
      else if (control) control.click();
      else if (href) location.assign(href);
    });
  }

  forget() {
    clearTimeout(this.timer);
    this.enter = this.waiting = false;
    this.busy.hidden = true;
    this.input.value = "";
    this.found.replaceChildren();
    this.mark(undefined);
  }
}

customElements.define("command-palette", CommandPalette);
