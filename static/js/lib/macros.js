// Macros in the composer: "/" where a word begins, or m. One list, found by typing; choosing one fills in its
// text at the cursor and lays what it does with the ticket above Send, where it waits and can be taken away.
import { say } from "./words.js";
import { toast } from "./toasts.js";
import { Gaps } from "./gaps.js";

const LONGEST = 60;
const BEGUN = /(?:^|\s)\/((?:[\p{L}\p{N}_.-]+(?: [\p{L}\p{N}_.-]*){0,3})?)$/u;

export class Macros {
  constructor(composer, editor) {
    this.composer = composer;
    this.editor = editor;
    this.panel = composer.querySelector("[data-macros-panel]");
    this.queue = composer.querySelector("[data-queue]");
    this.list = this.panel.querySelector("[role=listbox]");
    this.input = this.panel.querySelector("[data-macros-input]");
    this.none = this.panel.querySelector("[data-macros-none]");
    composer.querySelector("[data-macros-open]").hidden = false;
    this.url = `/tickets/${composer.dataset.ticket}/macros/`;
    this.gaps = new Gaps(composer, editor, JSON.parse(this.panel.dataset.gaps));
    for (const change of ["trix-selection-change", "trix-change"]) editor.addEventListener(change, () => this.look());
    editor.addEventListener("keydown", (event) => this.keys(event), true);
    editor.addEventListener("blur", () => setTimeout(() => this.inline && document.activeElement !== editor && this.close(), 150));
    this.input.addEventListener("keydown", (event) => this.keys(event));
    this.input.addEventListener("input", () => this.later(this.input.value));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.take(event.target.closest("[role=option]")));
    this.panel.addEventListener("focusout", (event) => !this.panel.contains(event.relatedTarget) && !this.inline && this.close());
    composer.addEventListener("click", (event) => this.clicked(event));
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  // What a draft keeps of the queue.
  get tokens() {
    const waiting = this.composer.querySelectorAll("input[name=action]:not([type=checkbox]), input[name=action]:checked");
    return [...waiting].map((input) => input.value).join("\n");
  }

  clicked({ target }) {
    if (target.closest("[data-macros-open]")) this.open();
    const chip = target.closest("[data-queue-remove]")?.closest("li");
    if (!chip) return;
    (chip.nextElementSibling || chip.previousElementSibling)?.querySelector("button").focus();
    chip.remove();
    if (!this.queue.querySelector("li")) this.editor.focus();
    this.queued();
  }

  queued() {
    this.queue.hidden = !this.queue.querySelector("li");
    this.composer.changed();
  }

  clear() {
    for (const each of this.queue.querySelectorAll("li, input[name=macro]")) each.remove();
    this.queue.hidden = true;
  }

  // --- the two ways to it ------------------------------------------------------------------------

  // By m or the button: a box of its own to type in. The cursor's place in the text is kept for coming back.
  open() {
    this.range = this.editor.editor.getSelectedRange();
    this.inline = null;
    this.composer.classList.add("is-used");
    this.input.closest(".menu-search").hidden = false;
    this.input.value = "";
    this.list.replaceChildren();
    this.none.hidden = true;
    this.panel.showPopover();
    this.place(this.composer.querySelector("[data-macros-open]").getBoundingClientRect());
    this.input.focus();
    this.ask("");
  }

  // What stands between a slash that begins a word and the cursor.
  begun() {
    const [from, to] = this.editor.editor.getSelectedRange();
    if (from !== to) return null;
    const text = this.editor.editor.getDocument().toString().slice(Math.max(0, to - LONGEST), to);
    const found = text.match(BEGUN);
    return found ? { words: found[1], from: to - found[1].length - 1, to } : null;
  }

  look() {
    if (this.isOpen && !this.inline) return;
    const begun = this.begun();
    if (!begun) this.dismissed = null;
    if (!begun || begun.from === this.dismissed || document.activeElement !== this.editor) {
      this.close();
      return;
    }
    this.inline = begun;
    this.later(begun.words);
  }

  later(words) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(words), 120);
  }

  async ask(words) {
    this.asked = words;
    const answer = await fetch(`${this.url}?q=${encodeURIComponent(words.slice(0, LONGEST))}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (this.asked !== words || (this.inline && this.begun()?.words !== words)) return;
    if (!answer?.ok || answer.redirected || answer.headers.has("HX-Redirect")) {
      if (!this.inline) toast(say(answer?.status === 404 ? "missing" : "unreachable"), "error");
      this.close();
      return;
    }
    this.list.innerHTML = await answer.text();
    const found = this.list.children.length > 0;
    if (this.inline) {
      if (!found) {
        this.close();
        return;
      }
      this.input.closest(".menu-search").hidden = true;
      this.panel.showPopover();
      this.place(this.editor.editor.getClientRectAtPosition(this.inline.from) || this.editor.getBoundingClientRect());
      this.editor.setAttribute("aria-controls", this.list.id);
    } else this.place(this.composer.querySelector("[data-macros-open]").getBoundingClientRect());
    this.none.hidden = found;
    this.mark(this.list.firstElementChild);
  }

  place(at) {
    const own = this.panel.getBoundingClientRect();
    const above = at.top - own.height - 6;
    this.panel.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
    this.panel.style.top = `${above >= 8 ? above : Math.max(8, Math.min(at.bottom + 6, innerHeight - own.height - 8))}px`;
  }

  // --- choosing ----------------------------------------------------------------------------------

  mark(option) {
    for (const each of this.list.children) {
      each.classList.toggle("is-active", each === option);
      each.setAttribute("aria-selected", String(each === option));
    }
    option?.scrollIntoView({ block: "nearest" });
    const field = this.inline ? this.editor : this.input;
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  keys(event) {
    if (!this.isOpen || event.isComposing) return;
    const options = [...this.list.children];
    const at = options.findIndex((option) => option.classList.contains("is-active"));
    const sends = event.ctrlKey || event.metaKey;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (options.length) this.mark(options[(at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length]);
    } else if ((event.key === "Enter" && !sends) || (event.key === "Tab" && this.inline)) {
      if (options[at]) this.take(options[at]);
    } else if (event.key === "Escape") {
      this.dismissed = this.inline?.from;
      this.close(true);
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  async take(option) {
    if (!option) return;
    const { editor } = this.editor;
    const begun = this.inline ? this.begun() : null;
    const range = begun ? [begun.from, begun.to] : this.range;
    this.dismissed = begun?.from; // the slash stands there until the text comes
    this.close(true);
    const answer = await fetch(`${this.url}${option.dataset.id}/`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || answer.redirected || answer.headers.has("HX-Redirect")) {
      toast(say(answer?.status === 404 ? "missing" : "unreachable"), "error");
      return;
    }
    const filled = document.createElement("template");
    filled.innerHTML = await answer.text();
    // Meanwhile somebody may have typed on: then the text goes where the cursor is.
    const still = !begun || editor.getDocument().toString().slice(begun.from, begun.to) === `/${begun.words}`;
    editor.recordUndoEntry("macro");
    if (range && still) editor.setSelectedRange(range);
    const html = filled.content.querySelector("[data-macro-html]").innerHTML.trim();
    if (html) editor.insertHTML(html);
    else if (begun && still) editor.deleteInDirection("backward");
    for (const chip of filled.content.querySelectorAll(".queue-chip")) this.add(chip);
    this.remember(option.dataset.id);
    this.queued();
    this.editor.focus();
    this.gaps.show();
  }

  // One of each kind but tags: a later macro's status takes the place of an earlier one's.
  add(chip) {
    const before = [...this.queue.querySelectorAll("li")].find((each) => each.dataset.slot === chip.dataset.slot);
    if (before) before.replaceWith(chip);
    else this.queue.querySelector("ul").append(chip);
  }

  remember(id) {
    if (this.queue.querySelector(`input[name=macro][value="${id}"]`)) return;
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "macro", value: id });
    this.queue.append(input);
  }

  close(back = false) {
    clearTimeout(this.timer);
    this.asked = null;
    const open = this.isOpen;
    const own = this.inline;
    this.inline = null;
    if (open) this.panel.hidePopover();
    this.editor.removeAttribute("aria-activedescendant");
    if (!open || !back || own) return;
    this.editor.focus();
    if (this.range) this.editor.editor.setSelectedRange(this.range);
  }
}
