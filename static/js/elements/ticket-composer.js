// <ticket-composer>: reply or note. Rich text, chips, files, a draft on the server, one key to send.
import { post, typing } from "../lib/dom.js";
import { say } from "../lib/words.js";
import { forget, keep, kept, windowName } from "../lib/kept.js";
import { toast } from "../lib/toasts.js";
import { Mentions } from "../lib/mentions.js";
import { Macros } from "../lib/macros.js";
import { Promising } from "../lib/promise.js";
import { Uploads } from "../lib/uploads.js";

const QUIET = 900; // ms without a key until the server has the draft
const KEEP = 250; // ms until this tab has it
let goesOn = ""; // the chat whose agent has sent a line and writes the next

class TicketComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    if (!this.form || this.ready) return;
    this.ready = true;
    this.html = this.form.elements.html;
    this.html.value = this.html.dataset.draft || "";
    this.state = this.querySelector("[data-state]");
    this.texts = { reply: "", note: "", [this.dataset.kind]: this.html.value, ...this.other() };
    this.versions = JSON.parse(this.dataset.versions);
    this.restore();
    this.makeEditor();
    this.addEventListener("change", ({ target }) => {
      if (target.name === "kind") this.turn(target.value);
      if (target.matches("[data-signature] input")) this.changed();
    });
    this.addEventListener("address:changed", () => this.changed());
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("keydown", (event) => this.keys(event), true);
    this.files = new Uploads(this);
    this.form.addEventListener("htmx:confirm", (event) => this.beforeSend(event));
    // The menus in the form ask for things too.
    this.form.addEventListener("htmx:beforeOnLoad", ({ target, detail }) => target === this.form && this.isSent(detail) && forget(this.dataset.ticket, this.kind));
    this.form.addEventListener("htmx:afterRequest", ({ target, detail }) => target === this.form && this.answered(detail));
    this.leave = () => {
      if (!this.pending) return;
      this.keep();
      this.save(true);
    };
    this.online = () => this.pending && this.save();
    addEventListener("pagehide", this.leave);
    addEventListener("online", this.online);
  }

  disconnectedCallback() {
    removeEventListener("pagehide", this.leave);
    removeEventListener("online", this.online);
    clearTimeout(this.timer);
    if (this.pending && !this.sending) this.save(true);
    this.typing(false);
  }

  other() {
    const kind = this.dataset.kind === "reply" ? "note" : "reply";
    return { [kind]: this.dataset.other || "" };
  }

  get kind() {
    return this.form.elements.kind.value;
  }

  // What this tab has kept comes before what the server has: it is what its author typed last. Not where the server
  // has just put something there itself.
  restore() {
    this.behind = new Set();
    for (const kind of ["reply", "note"]) {
      const text = "fresh" in this.dataset ? null : kept(this.dataset.ticket, kind);
      if (!text || text.html === this.texts[kind]) forget(this.dataset.ticket, kind);
      else {
        this.texts[kind] = text.html;
        this.versions[kind] = text.seen;
        this.behind.add(kind);
        if (kind === "reply") customElements.whenDefined("address-field").then(() => this.turnTo(text));
      }
    }
    const [other] = this.behind;
    const radio = other && this.querySelector(`input[name=kind][value=${other}]`);
    if (radio && !this.texts[this.dataset.kind]) {
      radio.checked = true;
      this.dataset.kind = other;
    }
    this.html.value = this.texts[this.dataset.kind];
  }

  turnTo({ to, cc }) {
    this.people.to?.set(to);
    this.people.cc?.set(cc);
  }

  keep() {
    const { to, cc } = this.people;
    if (this.isEmpty) forget(this.dataset.ticket, this.kind);
    else keep(this.dataset.ticket, this.kind, { html: this.html.value, to: to?.value || [], cc: cc?.value || [], seen: this.versions[this.kind] });
  }

  get people() {
    return Object.fromEntries([...this.querySelectorAll("address-field")].map((field) => [field.dataset.name, field]));
  }

  // The plain text area stays for browsers without scripts; with them the editor takes its place.
  makeEditor() {
    const plain = this.querySelector(".composer-plain");
    this.editor = document.createElement("trix-editor");
    this.editor.setAttribute("input", this.html.id);
    this.editor.setAttribute("toolbar", "composer-tools");
    this.editor.className = "prose composer-rich";
    this.editor.setAttribute("aria-label", plain.labels[0]?.textContent || "");
    this.words = { reply: plain.dataset.reply, note: plain.dataset.note };
    this.editor.setAttribute("placeholder", this.words[this.kind]);
    this.querySelector("#composer-tools").hidden = false;
    plain.hidden = true;
    plain.removeAttribute("name");
    plain.after(this.editor);
    this.editor.addEventListener("trix-initialize", () => {
      this.listens = true;
      if (goesOn === this.dataset.ticket) this.editor.focus();
      goesOn = "";
      if (this.behind.delete(this.kind)) this.changed();
    });
    this.editor.addEventListener("trix-change", () => this.listens && this.changed());
    this.editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
    this.editor.addEventListener("focus", () => this.classList.add("is-used"));
    this.promising = new Promising(this);
    this.mentions = new Mentions(this, this.editor, `/tickets/${this.dataset.ticket}/colleagues/`);
    this.macros = new Macros(this, this.editor);
  }

  get isEmpty() {
    return !this.editor.textContent.trim() && !this.form.elements.attachments.value;
  }

  begin(kind) {
    const radio = this.querySelector(`input[name=kind][value=${kind}]`);
    if (!radio) return;
    if (!radio.checked) {
      radio.checked = true;
      this.turn(kind);
    }
    this.editor.focus();
    this.scrollIntoView({ block: "nearest" });
  }

  turn(kind) {
    const before = this.dataset.kind;
    if (before === kind) return;
    this.texts[before] = this.html.value;
    if (this.pending) this.save(false, before);
    this.dataset.kind = kind;
    this.listens = false;
    this.editor.editor.loadHTML(this.texts[kind] || "");
    this.listens = true;
    this.editor.setAttribute("placeholder", this.words[kind]);
    this.typing(false);
    this.editor.focus();
    if (this.behind.delete(kind)) this.changed();
  }

  changed() {
    this.pending = true;
    this.keepSoon ??= setTimeout(() => {
      this.keepSoon = undefined;
      if (this.pending && this.isConnected) this.keep();
    }, KEEP);
    this.typing(this.kind === "reply" && !this.isEmpty);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), QUIET);
  }

  typing(on) {
    document.dispatchEvent(new CustomEvent("composer:typing", { detail: { on } }));
  }

  save(leaving = false, kind = this.kind) {
    clearTimeout(this.timer);
    this.pending = false;
    const { to, cc } = this.people;
    const data = {
      kind,
      html: this.isEmpty ? "" : this.html.value,
      to: JSON.stringify(to?.value || []),
      cc: JSON.stringify(cc?.value || []),
      attachments: this.form.elements.attachments.value,
      based_on: this.form.elements.based_on.value,
      way: this.form.elements.way?.value || "",
      actions: this.macros.tokens,
      window: windowName(),
      over: this.over ? "on" : "",
    };
    this.over = false;
    if (!leaving) this.tell("saving");
    const ask = () => post(this.dataset.draft, { ...data, seen: this.versions[kind] || "" }, { keepalive: leaving && data.html.length < 60000 });
    // One after another, else what was typed first might arrive last. A page that goes cannot wait.
    const saving = (this.saving && !leaving ? this.saving.then(ask) : ask())
      .then((answer) => this.saved(answer, kind))
      .catch(() => {
        this.tell("lost");
        this.pending = true;
        if (this.isConnected) this.timer = setTimeout(() => this.save(), 5000);
      })
      .finally(() => {
        if (this.saving === saving) this.saving = null;
      });
    this.saving = saving;
    return saving;
  }

  saved(answer, kind) {
    const elsewhere = answer.status === 409;
    this.querySelector("[data-elsewhere]").hidden = !elsewhere;
    if (elsewhere) {
      // Asking again would not help; this tab keeps it, and the next word asks.
      this.pending = true;
      this.tell("");
      return;
    }
    if (!answer.ok || answer.redirected || answer.headers.has("HX-Redirect")) throw new Error("not saved");
    this.versions[kind] = answer.headers.get("X-Draft") || "";
    this.tell(this.isEmpty ? "" : "saved");
    if (!this.pending || kind !== this.kind) forget(this.dataset.ticket, kind);
  }

  tell(state) {
    if (this.state) this.state.textContent = state ? this.state.dataset[state] : "";
  }

  // A draft on its way must not arrive after the message it became.
  beforeSend(event) {
    if (event.target !== this.form && !this.form.contains(event.target)) return;
    clearTimeout(this.timer);
    this.pending = false;
    if (this.files.underWay) {
      event.preventDefault();
      toast(say("uploading"), "info");
      return;
    }
    if (this.macros.gaps.found.length) {
      event.preventDefault();
      this.macros.gaps.show();
      toast(say("gaps"), "error");
      return;
    }
    const people = this.kind === "reply" ? Object.values(this.people) : [];
    const unread = people.filter((field) => !field.take());
    if (unread.length && people[0].checkVisibility()) {
      event.preventDefault();
      unread[0].input.focus();
      toast(say("no_address", { text: unread[0].input.value.trim() }), "error");
      this.changed();
      return;
    }
    this.sending = true;
    goesOn = this.isChat ? this.dataset.ticket : "";
    event.preventDefault();
    this.settled().then(() => {
      clearTimeout(this.timer);
      this.pending = false;
      event.detail.issueRequest(true);
    });
  }

  async settled() {
    await this.drawn();
    await this.saving;
  }

  // The editor writes what was typed last into the form with its next frame; a hidden page draws none.
  async drawn() {
    const frame = () => Promise.race([new Promise(requestAnimationFrame), new Promise((done) => setTimeout(done, 120))]);
    await frame();
    await frame();
  }

  // In a chat Enter sends, and Shift with it breaks the line, as visitors have it.
  get isChat() {
    const way = this.form.elements.way?.value;
    return "chat" in this.dataset && this.kind === "reply" && way !== "email";
  }

  keys(event) {
    if (this.mentions?.isOpen || this.macros?.isOpen) return;
    if (event.key === "Enter" && this.isChat && event.target === this.editor && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      if (!this.isEmpty && !this.sending) this.querySelector("[data-send]").click();
      return;
    }
    if (event.key === "Escape" && typing(event.target) && !this.querySelector(".menu:popover-open")) {
      event.stopPropagation();
      document.activeElement.blur();
    }
  }

  clicked(event) {
    const on = (selector) => event.target.closest(selector);
    if (on("[data-discard]")) {
      this.listens = false;
      this.editor.editor.loadHTML("");
      this.listens = true;
      this.files.clear();
      this.macros.clear();
      for (const box of this.querySelectorAll("[data-signature] input")) box.checked = false;
      this.save();
      on("[data-discard]").remove();
    }
    if (on("[data-quote-insert]")) this.quote();
    if (on("[data-size]")) this.classList.toggle("is-large");
    if (on("[data-elsewhere-show]")) {
      forget(this.dataset.ticket, this.kind);
      this.pending = false;
      clearTimeout(this.timer);
      location.reload();
    }
    if (on("[data-elsewhere-over]")) {
      this.over = true;
      this.save();
    }
    if (on("[data-seen]")) this.newer(Number(this.seenTo), false, true);
    const look = on("[data-look]");
    if (look) {
      this.form.elements.based_on.value = document.getElementById("conversation").dataset.public;
      document.getElementById(look.dataset.look)?.scrollIntoView({ block: "center" });
      this.querySelector("#composer-collision").replaceChildren();
      this.editor.focus();
    }
  }

  isSent({ xhr }) {
    return xhr.status > 0 && xhr.status < 400 && !xhr.getResponseHeader("X-Signed-Out");
  }

  // Refused, with what is newer shown beside it: who sends now has seen that. What was not sent is a draft again.
  answered(detail) {
    this.sending = false;
    if (this.isConnected && !this.isSent(detail)) this.changed();
    if (this.querySelector("#collision")) this.form.elements.based_on.value = document.getElementById("conversation").dataset.public;
  }

  // Somebody has written while this one is writing: an empty composer moves on, a begun one asks to look. One
  // on its way keeps what its author had seen, or a colleague's reply that comes this moment would be passed over.
  newer(last, fromCustomer, seen = false) {
    const basis = this.form?.elements.based_on;
    const bar = this.querySelector("[data-newer]");
    if (!basis || last <= Number(basis.value) || this.sending) return;
    this.seenTo = last;
    if (seen || this.isEmpty) {
      basis.value = last;
      bar.hidden = true;
    } else bar.hidden = false;
  }

  // What was quoted stands below the line that the cursor was in, and the line after it is the author's own.
  quote() {
    const details = this.querySelector("[data-quote]");
    const { editor } = this.editor;
    editor.recordUndoEntry("quote");
    const [at] = editor.getSelectedRange();
    if (at && editor.getDocument().toString()[at - 1] !== "\n") editor.insertLineBreak();
    editor.insertHTML(`${details.querySelector("[data-quotation]").innerHTML.trim()}<div><br></div>`);
    details.open = false;
    this.editor.focus();
  }

  replyTo(person) {
    this.begin("reply");
    this.people.to?.set([person]);
    this.people.cc?.set([]);
  }
}

customElements.define("ticket-composer", TicketComposer);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reply-to]");
  if (!button) return;
  button.closest("[popover]")?.hidePopover();
  document.querySelector("ticket-composer")?.replyTo(JSON.parse(button.dataset.replyTo));
});
