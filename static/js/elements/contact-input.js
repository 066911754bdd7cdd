// <contact-input>: an input that offers the contacts we know, by any part of name or address.
export function suggest(input, url, choose) {
  const list = document.createElement("ul");
  list.className = "menu plain suggestions";
  list.popover = "manual";
  list.setAttribute("role", "listbox");
  list.id = `${input.id || "contacts"}-list`;
  input.after(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-autocomplete", "list");
  let timer;
  let asked = "";

  const close = () => {
    if (list.matches(":popover-open")) list.hidePopover();
    input.setAttribute("aria-expanded", "false");
  };
  const active = () => list.querySelector(".is-active");
  const take = (option) => {
    close();
    choose({ name: option.dataset.name, address: option.dataset.address });
  };
  const place = () => {
    const at = input.getBoundingClientRect();
    const own = list.getBoundingClientRect();
    const below = at.bottom + 4 + own.height < innerHeight - 8;
    list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
    list.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - own.height - 4)}px`;
    list.style.minWidth = `${Math.min(Math.max(at.width, 240), 340)}px`;
  };
  const ask = async () => {
    const words = input.value.trim();
    asked = words;
    if (words.length < 2) return close();
    const answer = await fetch(`${url}?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || asked !== words || document.activeElement !== input) return undefined;
    list.innerHTML = await answer.text();
    if (!list.children.length) return close();
    list.showPopover();
    place();
    input.setAttribute("aria-expanded", "true");
    return undefined;
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 140);
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (event) => {
    if (!list.matches(":popover-open")) return;
    const options = [...list.children];
    const at = options.indexOf(active());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      active()?.classList.remove("is-active");
      const next = event.key === "ArrowDown" ? (at + 1) % options.length : (at - 1 + options.length) % options.length;
      options[next].classList.add("is-active");
    } else if ((event.key === "Enter" || event.key === "Tab") && active()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      take(active());
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    take(option);
  });
}

customElements.define(
  "contact-input",
  class extends HTMLElement {
    connectedCallback() {
      const input = this.querySelector("input");
      if (!input || this.ready) return;
      this.ready = true;
      suggest(input, this.dataset.suggest, ({ name, address }) => {
        input.value = name ? `"${name.replaceAll('"', "")}" <${address}>` : address;
        input.dispatchEvent(new Event("change", { bubbles: true }));
        if (input.closest(".people-add")) input.form.requestSubmit();
      });
    }
  },
);
