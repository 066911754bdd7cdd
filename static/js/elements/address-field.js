// <address-field>: To and Cc as chips. The plain input it grows from holds the same as text.
import { suggest } from "./contact-input.js";
import { svg } from "../lib/dom.js";

const PERSON = /^\s*(?:"?([^"<]*)"?\s*<([^>]+)>|(\S+@\S+))\s*$/;

const parts = (text) => text.split(/[,;\n]+(?=(?:[^"]*"[^"]*")*[^"]*$)/).filter((part) => part.trim());

// Addresses alone may also stand one after another.
function read(part) {
  const words = part.trim().split(/\s+/);
  const alone = words.length > 1 && words.every((word) => word.match(/^[^\s<>"]+@[^\s<>"]+$/));
  return (alone ? words : [part]).map((each) => each.match(PERSON));
}

function parse(text) {
  return parts(text)
    .flatMap(read)
    .filter(Boolean)
    .map((match) => ({ name: (match[1] || "").trim(), address: (match[2] || match[3]).trim().toLowerCase() }));
}

class AddressField extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    const plain = this.querySelector("input");
    this.hidden_ = document.createElement("input");
    this.hidden_.type = "hidden";
    this.hidden_.name = plain.name;
    plain.removeAttribute("name");
    this.input = plain;
    this.people = parse(plain.value);
    plain.value = "";
    plain.after(this.hidden_);
    this.chips = document.createElement("span");
    this.chips.className = "chips";
    plain.before(this.chips);
    suggest(plain, this.dataset.suggest, (person) => this.add(person));
    plain.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "," || event.key === ";") {
        if (plain.value.trim()) {
          event.preventDefault();
          this.take();
        } else if (event.key === "Enter") event.preventDefault();
      } else if (event.key === "Backspace" && !plain.value && this.people.length) {
        this.people.pop();
        this.draw(true);
      }
    });
    plain.addEventListener("blur", () => setTimeout(() => this.take(), 200));
    plain.addEventListener("paste", () => setTimeout(() => plain.value.match(/[,;\n]/) && this.take()));
    this.addEventListener("click", (event) => event.target === this && plain.focus());
    this.draw();
  }

  get value() {
    return this.people;
  }

  set(people) {
    this.people = people;
    this.draw(true);
  }

  // Makes chips of what has been typed. What cannot be read stays there, marked. Gives whether all could be.
  take() {
    const found = parse(this.input.value);
    const rest = parts(this.input.value).filter((part) => read(part).includes(null));
    found.forEach((person) => this.add(person));
    this.input.value = rest.map((part) => part.trim()).join(", ");
    if (rest.length) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
    return !rest.length;
  }

  add(person) {
    this.input.value = "";
    this.input.removeAttribute("aria-invalid");
    if (!this.people.some((each) => each.address === person.address)) this.people.push(person);
    this.draw(true);
  }

  draw(tell = false) {
    this.chips.replaceChildren(
      ...this.people.map((person) => {
        const chip = document.createElement("span");
        chip.className = "chip";
        chip.dataset.tip = person.address;
        const words = document.createElement("span");
        words.className = "clip";
        words.textContent = person.name || person.address;
        const remove = document.createElement("button");
        remove.type = "button";
        remove.className = "chip-x";
        remove.setAttribute("aria-label", `${this.dataset.remove} ${person.name || person.address}`);
        remove.append(svg("x"));
        remove.addEventListener("click", () => {
          this.people = this.people.filter((each) => each !== person);
          this.draw(true);
          this.input.focus();
        });
        chip.append(words, remove);
        return chip;
      }),
    );
    this.hidden_.value = this.people
      .map(({ name, address }) => (name ? `"${name.replaceAll('"', "")}" <${address}>` : address))
      .join(", ");
    if (tell) this.dispatchEvent(new Event("address:changed", { bubbles: true }));
  }
}

customElements.define("address-field", AddressField);
