// Where the visitor writes: text, files, screenshots. Enter sends, Shift and Enter makes a line.
import { el, icon } from "./dom.js";

const LARGEST = 20 * 1024 * 1024;
const MOST = 10;

export class Composer {
  constructor({ words, blocked, upload, send, typing }) {
    Object.assign(this, { words, blocked, upload, send, typing });
    this.files = [];
    this.text = el("textarea", { rows: 1, maxlength: 10000, "aria-label": words.write, placeholder: words.write, oninput: () => this.written(), onkeydown: (event) => this.pressed(event), onpaste: (event) => this.take(event.clipboardData.files) });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, onchange: () => (this.take(this.picker.files), (this.picker.value = "")) });
    this.chips = el("ul.chips");
    this.wrong = el("p.wrong", { role: "alert" });
    this.root = el(
      "form.composer",
      { onsubmit: (event) => (event.preventDefault(), this.go()) },
      this.wrong,
      this.chips,
      el("div.row", {}, el("button.icon", { type: "button", "aria-label": words.attach, title: words.attach, onclick: () => this.picker.click() }, icon("clip")), this.text, el("button.icon.go", { type: "submit", "aria-label": words.send, title: words.send }, icon("send"))),
      this.picker,
    );
  }

  focus() {
    this.text.focus();
  }

  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.go();
  }

  written() {
    this.grow();
    this.typing(Boolean(this.text.value.trim()));
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 140)}px`;
  }

  put(text) {
    this.text.value = text;
    this.grow();
    this.focus();
  }

  say(words) {
    this.wrong.textContent = words;
  }

  take(files) {
    this.say("");
    for (const file of [...files].slice(0, MOST - this.files.length)) {
      const endings = file.name.toLowerCase().split(".").slice(1);
      if (file.size > LARGEST) this.say(this.words.large);
      else if (endings.some((one) => this.blocked.includes(one))) this.say(this.words.blocked);
      else this.add(file);
    }
  }

  add(file) {
    const name = file.name || "screenshot.png";
    const one = { name };
    const off = el("button.icon", { type: "button", "aria-label": this.words.remove.replace("%s", name), onclick: () => this.drop(one) }, icon("close"));
    one.chip = el("li.busy", {}, icon("file"), el("span", {}, name), off);
    this.chips.append(one.chip);
    this.files.push(one);
    one.done = this.upload(file).then(
      (key) => {
        one.key = key;
        one.chip.classList.remove("busy");
      },
      (error) => {
        this.drop(one);
        this.say(error.message || `${this.words.failed} ${name}`);
      },
    );
  }

  drop(one) {
    one.chip.remove();
    this.files = this.files.filter((other) => other !== one);
  }

  async go() {
    await Promise.all(this.files.map((one) => one.done));
    const text = this.text.value.trim();
    if (!text && !this.files.length) return;
    this.send(text, this.files.map((one) => one.key), this.files.map((one) => one.name));
    this.files = [];
    this.chips.replaceChildren();
    this.text.value = "";
    this.say("");
    this.grow();
    this.focus();
  }
}
