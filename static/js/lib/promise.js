// A promise in the composer: chosen from the menu, said in the letter, sent with it.
const local = document.documentElement.lang || "en";
const zone = document.documentElement.dataset.zone || undefined;

const spoken = (at, language, timeZone) => {
  // A Russian weekday would have to be declined to fit into the sentence.
  const options = { weekday: language.startsWith("ru") ? undefined : "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone }).format(at);
  } catch {
    return new Intl.DateTimeFormat(language, options).format(at);
  }
};

export class Promising {
  constructor(composer) {
    this.composer = composer;
    this.chip = composer.querySelector("[data-promise-chip]");
    if (!this.chip) return;
    this.value = this.chip.querySelector("[data-promise-value]");
    composer.addEventListener("click", (event) => this.clicked(event));
    this.restore();
  }

  get key() {
    return `promise-${this.composer.dataset.ticket}`;
  }

  // The draft keeps the sentence; the time it names is kept beside it, in this browser.
  keep(at) {
    try {
      if (at) localStorage.setItem(this.key, JSON.stringify({ at: at.toISOString(), said: this.said }));
      else localStorage.removeItem(this.key);
    } catch {
      // nothing to remember with
    }
  }

  restore() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key) || "null");
    } catch {
      return;
    }
    if (!kept) return;
    const text = new DOMParser().parseFromString(this.composer.html.value, "text/html").body.textContent;
    if (this.composer.kind === "reply" && kept.said && text.includes(kept.said) && new Date(kept.at) > new Date()) {
      this.said = kept.said;
      this.show(new Date(kept.at));
    } else this.keep(null);
  }

  show(at) {
    this.value.value = at.toISOString();
    this.value.disabled = false;
    this.chip.querySelector("[data-promise-words]").textContent = spoken(at, local, zone);
    this.chip.hidden = false;
  }

  clicked({ target }) {
    const choice = target.closest("[data-promise]");
    if (choice) this.make(new Date(choice.dataset.promise), choice.closest("[data-promises]"));
    if (target.closest("[data-promise-set]")) {
      const own = target.closest("[data-promises]").querySelector("[data-promise-own]");
      // A time as it is typed is meant where the reader is; the browser reads it in its own zone.
      const at = new Date(own.value);
      if (Number.isNaN(at.getTime()) || at <= new Date()) own.focus();
      else this.make(zone ? this.inZone(own.value) : at, own.closest("[data-promises]"));
    }
    if (target.closest("[data-promise-drop]")) {
      this.drop();
      this.composer.editor.focus();
    }
  }

  // The instant at which the reader's chosen zone shows this date and time.
  inZone(text) {
    const wanted = new Date(`${text}Z`).getTime();
    const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
    const shown = (at) => {
      const found = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
      return Date.UTC(found.year, found.month - 1, found.day, found.hour, found.minute);
    };
    let at = wanted;
    for (let again = 0; again < 2; again += 1) at -= shown(new Date(at)) - wanted;
    return new Date(at);
  }

  make(at, menu) {
    this.show(at);
    menu.closest("[popover]")?.hidePopover();
    this.say(menu.dataset.sentence.replace("%(due)s", spoken(at, menu.dataset.language, menu.dataset.zone)));
    this.keep(at);
  }

  // Said once: another time takes the place of the sentence before.
  say(sentence) {
    const { editor } = this.composer.editor;
    const text = editor.getDocument().toString();
    const before = this.said ? text.indexOf(this.said) : -1;
    if (before >= 0) editor.setSelectedRange([before, before + this.said.length]);
    const at = editor.getSelectedRange()[0];
    const needsRoom = before < 0 && at > 0 && !/\s/.test(text[at - 1]);
    editor.insertString(needsRoom ? ` ${sentence}` : sentence);
    this.said = sentence;
    this.composer.editor.focus();
  }

  drop() {
    this.value.disabled = true;
    this.value.value = "";
    this.chip.hidden = true;
    const { editor } = this.composer.editor;
    const at = this.said ? editor.getDocument().toString().indexOf(this.said) : -1;
    if (at >= 0) {
      editor.setSelectedRange([at, at + this.said.length]);
      editor.deleteInDirection("backward");
    }
    this.said = "";
    this.keep(null);
  }
}
