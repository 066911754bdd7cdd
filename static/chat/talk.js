// The lines of the talk: drawn once each, in order, with what is on its way below them.
import { el, icon, linked, size, withLinks } from "./dom.js";

export class Talk {
  constructor({ words, language, choose, again, address }) {
    Object.assign(this, { words, choose, again, address });
    this.lines = new Map();
    this.waiting = new Map();
    this.time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
    this.day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
    this.list = el("ol");
    const log = el("div", { role: "log", "aria-label": words.messages }, this.list);
    this.status = el("p.typing", { role: "status" });
    this.root = el("div.talk", { tabindex: "0" }, log, this.status);
  }

  clear() {
    this.lines.clear();
    this.waiting.clear();
    this.list.replaceChildren();
  }

  get last() {
    return Math.max(0, ...this.lines.keys());
  }

  // Lines by others that are new here.
  add(lines) {
    const stuck = this.isDown;
    let fresh = 0;
    for (const line of lines) {
      const known = this.lines.get(line.seq);
      if (line.id) this.drop(line.id);
      const drawn = this.draw(line);
      this.lines.set(line.seq, { ...line, drawn });
      if (known) known.drawn.replaceWith(drawn);
      else {
        this.place(line.seq, drawn);
        if (line.by !== "visitor") fresh++;
      }
    }
    this.choices();
    if (stuck || !fresh) this.down();
    return fresh;
  }

  place(seq, drawn) {
    drawn.dataset.seq = seq;
    const after = [...this.list.children].find((one) => !one.dataset.seq || Number(one.dataset.seq) > seq);
    this.list.insertBefore(drawn, after || null);
  }

  get isDown() {
    return this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < 80;
  }

  down() {
    this.root.scrollTop = this.root.scrollHeight;
  }

  draw(line) {
    if (line.by === "notice") return el("li.notice", {}, line.text);
    const mine = line.by === "visitor";
    const who = mine ? this.words.you : line.by === "bot" ? this.words.bot : line.name;
    const at = new Date(line.at);
    const time = el("time", { datetime: line.at, title: `${this.day.format(at)}, ${this.time.format(at)}` }, this.time.format(at));
    return el(
      `li.line.${mine ? "mine" : "theirs"}`,
      {},
      el("span.who", {}, who || ""),
      el("div.bubble", {}, ...this.body(line)),
      el("span.foot", {}, time),
    );
  }

  body(line) {
    if (line.gone) return [el("i", {}, this.words.gone)];
    const parts = [];
    if (line.html) {
      const text = el("div.html");
      text.innerHTML = line.html; // cleaned by the server; the frame's policy lets nothing in it run or load
      withLinks(text);
      for (const one of text.querySelectorAll("a")) Object.assign(one, { target: "_blank", rel: "noopener noreferrer nofollow" });
      parts.push(text);
    } else if (line.text) parts.push(el("div.text", {}, linked(line.text)));
    if (line.files) parts.push(el("ul.files", {}, ...line.files.map((file) => el("li", {}, this.file(file)))));
    return parts;
  }

  file(file) {
    const words = [file.image && file.url ? el("img", { src: file.url, alt: file.name, onload: () => this.down() }) : icon("file"), el("span", {}, file.name), file.size ? el("small", {}, size(file.size)) : ""];
    if (!file.url) return el("span.file", {}, ...words);
    const drawn = Date.now();
    const open = async (event) => {
      if (Date.now() - drawn < 240000) return; // an address is good for five minutes
      event.preventDefault();
      const url = await this.address(file.id);
      if (url) open_(url);
    };
    const open_ = (url) => window.open(url, "_blank", "noopener");
    return el("a.file", { href: file.url, target: "_blank", rel: "noopener", onclick: open }, ...words);
  }

  // The bot's buttons, under its last words only.
  choices() {
    this.list.querySelector(".choices")?.remove();
    const last = this.lines.get(this.last);
    if (last?.by !== "bot" || !last.choices || !this.withBot) return;
    const buttons = last.choices.map(({ id, label }) => el("button", { type: "button", onclick: () => this.choose(last.seq, id, label) }, label));
    last.drawn.append(el("div.choices", { role: "group" }, ...buttons));
  }

  // --- what is on its way -------------------------------------------------------------------------

  send({ id, text, names }) {
    const state = el("span.foot", {}, this.words.sending);
    const files = names?.length ? el("ul.files", {}, ...names.map((name) => el("li", {}, el("span.file", {}, icon("file"), el("span", {}, name))))) : null;
    const drawn = el("li.line.mine.waiting", {}, el("span.who", {}, this.words.you), el("div.bubble", {}, text ? el("div.text", {}, linked(text)) : null, files), state);
    this.waiting.set(id, { drawn, state, text, names });
    this.list.append(drawn);
    this.down();
  }

  acked(id, seq) {
    const one = this.waiting.get(id);
    if (!one) return;
    if (seq == null) {
      one.state.textContent = this.words.sent;
      return;
    }
    const files = (one.names || []).map((name) => ({ name }));
    const line = { seq, id, by: "visitor", text: one.text, at: new Date().toISOString(), ...(files.length && { files }) };
    this.add([line]);
  }

  refused(id, why) {
    const one = this.waiting.get(id);
    if (!one) return;
    one.drawn.classList.add("failed");
    const { text } = one;
    one.state.replaceChildren(`${this.words.failed} ${why} `, el("button.link", { type: "button", onclick: () => (this.drop(id), this.again(text)) }, this.words.again));
  }

  drop(id) {
    this.waiting.get(id)?.drawn.remove();
    this.waiting.delete(id);
  }

  // How far our last line has come.
  seen(read) {
    this.list.querySelector(".mark")?.remove();
    const mine = [...this.lines.values()].filter((line) => line.by === "visitor").sort((a, b) => a.seq - b.seq).pop();
    if (mine) mine.drawn.querySelector(".foot").append(el("span.mark", {}, ` · ${mine.seq <= read ? this.words.seen : this.words.sent}`));
  }

  typing(name) {
    this.status.textContent = name ? this.words.typing.replace("%s", name) : "";
    if (name) this.down();
  }
}
