// @ in a private note: whoever sees the ticket is offered as one types; choosing writes the name.
const LONGEST = 40;
// What a mention may follow: the start, white space or an opening mark; in an address it is none.
const BEGUN = /(?:^|[\s(«"“[])@([\p{L}\p{N}_.'’-]*(?: [\p{L}\p{N}_.'’-]*)?)$/u;

export class Mentions {
  constructor(composer, editor, url) {
    this.composer = composer;
    this.editor = editor;
    this.url = url;
    this.list = document.createElement("ul");
    this.list.className = "menu plain suggestions";
    this.list.popover = "manual";
    this.list.id = "mentions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "@");
    editor.after(this.list);
    for (const change of ["trix-selection-change", "trix-change"]) editor.addEventListener(change, () => this.look());
    // Gone, and not back at once: whoever has come back is typing.
    editor.addEventListener("blur", () => setTimeout(() => document.activeElement === editor || this.close(), 150));
    editor.addEventListener("keydown", (event) => this.keys(event), true);
    this.list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      event.preventDefault();
      this.take(option);
    });
  }

  get isOpen() {
    return this.list.matches(":popover-open");
  }

  // What stands between the last @ and the cursor, if somebody is being named there.
  begun() {
    if (this.composer.kind !== "note") return null;
    const [from, to] = this.editor.editor.getSelectedRange();
    if (from !== to) return null;
    const text = this.editor.editor.getDocument().toString().slice(Math.max(0, to - LONGEST), to);
    const found = text.match(BEGUN);
    return found ? { words: found[1], from: to - found[1].length, to } : null;
  }

  look() {
    clearTimeout(this.timer);
    const begun = this.begun();
    if (!begun || begun.from === this.dismissed) {
      if (!begun) this.dismissed = null;
      this.close();
      return;
    }
    this.timer = setTimeout(() => this.ask(), 120);
  }

  async ask() {
    const words = this.begun()?.words;
    if (words === undefined) return;
    this.asked = words;
    const answer = await fetch(`${this.url}?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    const begun = this.begun();
    if (!answer?.ok || this.asked !== words || document.activeElement !== this.editor) return;
    // Typed on while the answer was on its way: what was asked for is no longer what stands there.
    if (begun?.words !== words) {
      this.look();
      return;
    }
    this.list.innerHTML = await answer.text();
    if (!this.list.children.length) {
      this.close();
      return;
    }
    this.mark(this.list.firstElementChild);
    this.list.showPopover();
    this.place(begun.from);
    this.editor.setAttribute("aria-controls", this.list.id);
    this.editor.setAttribute("aria-expanded", "true");
  }

  place(position) {
    const at = this.editor.editor.getClientRectAtPosition(Math.max(0, position - 1)) || this.editor.getBoundingClientRect();
    const own = this.list.getBoundingClientRect();
    const below = at.bottom + 6 + own.height < innerHeight - 8;
    this.list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
    this.list.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - own.height - 6)}px`;
  }

  mark(option) {
    for (const each of this.list.children) {
      each.classList.toggle("is-active", each === option);
      each.setAttribute("aria-selected", String(each === option));
    }
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.editor.setAttribute("aria-activedescendant", option.id);
  }

  keys(event) {
    if (!this.isOpen) return;
    const options = [...this.list.children];
    const at = options.findIndex((option) => option.classList.contains("is-active"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.mark(options[(at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length]);
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      this.take(options[at]);
    } else if (event.key === "Escape") {
      this.dismissed = this.begun()?.from;
      this.close();
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  take(option) {
    const begun = this.begun();
    this.close();
    if (!begun || !option) return;
    this.editor.editor.setSelectedRange([begun.from, begun.to]);
    this.editor.editor.insertString(`${option.dataset.handle} `);
  }

  close() {
    clearTimeout(this.timer);
    this.asked = null;
    if (this.isOpen) this.list.hidePopover();
    this.editor.removeAttribute("aria-activedescendant");
    this.editor.removeAttribute("aria-expanded");
  }
}
