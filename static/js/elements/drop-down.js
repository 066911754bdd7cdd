// <drop-down>: a button and its popover menu, placed where there is room; arrows move, typing filters.
class DropDown extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector(":scope > button");
    this.menu = this.querySelector(":scope > [popover]");
    if (!this.menu || this.ready) return;
    this.ready = true;
    this.button.setAttribute("aria-expanded", "false");
    this.menu.addEventListener("beforetoggle", (event) => event.newState === "open" && (this.menu.style.visibility = "hidden"));
    this.menu.addEventListener("toggle", (event) => this.toggled(event.newState === "open"));
    this.menu.addEventListener("keydown", (event) => this.keys(event));
    this.menu.addEventListener("input", (event) => event.target.matches("[data-filter]") && this.filter(event.target.value));
    this.menu.addEventListener("htmx:afterSettle", () => {
      this.place();
      this.filter(this.menu.querySelector("[data-filter]")?.value || "");
      if (!this.menu.querySelector("[data-filter]")) this.focusFirst();
    });
  }

  toggled(open) {
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.place();
    this.menu.style.visibility = "";
    const filter = this.menu.querySelector("[data-filter]");
    if (filter) {
      filter.value = "";
      this.filter("");
      filter.focus();
    } else this.focusFirst();
  }

  focusFirst() {
    (this.menu.querySelector("[aria-checked=true]") || this.items[0])?.focus();
  }

  place() {
    const at = this.button.getBoundingClientRect();
    const own = this.menu.getBoundingClientRect();
    let top = at.bottom + 5;
    if (top + own.height > innerHeight - 8 && at.top - own.height - 5 > 8) top = at.top - own.height - 5;
    top = Math.max(8, Math.min(top, innerHeight - own.height - 8));
    let left = at.left;
    if (left + own.width > innerWidth - 8) left = at.right - own.width;
    this.menu.style.top = `${top}px`;
    this.menu.style.left = `${Math.max(8, Math.min(left, innerWidth - own.width - 8))}px`;
    this.menu.style.minWidth = `${Math.max(200, Math.min(at.width, 340))}px`;
  }

  get items() {
    return [...this.menu.querySelectorAll(".menu-item")].filter((item) => !item.hidden && item.offsetParent !== null);
  }

  filter(text) {
    const wanted = text.trim().toLowerCase().replaceAll("ё", "е");
    for (const item of this.menu.querySelectorAll(".menu-item:not([data-new-value])")) {
      const words = `${item.textContent} ${item.dataset.search || ""}`.toLowerCase().replaceAll("ё", "е");
      item.hidden = !!wanted && !words.includes(wanted);
    }
    for (const line of this.menu.querySelectorAll(".menu-line")) line.hidden = !!wanted;
    const fresh = this.menu.querySelector("[data-new-value]");
    if (fresh) {
      const same = this.items.some((item) => item !== fresh && item.textContent.trim().toLowerCase() === wanted);
      fresh.hidden = !wanted || same;
      fresh.value = text.trim();
      fresh.querySelector("[data-new-words]").textContent = text.trim();
    }
    for (const item of this.menu.querySelectorAll(".is-active")) item.classList.remove("is-active");
    if (wanted) this.items[0]?.classList.add("is-active");
  }

  keys(event) {
    const { items } = this;
    const active = this.menu.querySelector(".is-active");
    const at = items.indexOf(document.activeElement) >= 0 ? items.indexOf(document.activeElement) : items.indexOf(active);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      active?.classList.remove("is-active");
      const next = event.key === "ArrowDown" ? (at + 1) % items.length : (at - 1 + items.length) % items.length;
      items[next]?.focus();
    } else if (event.key === "Enter" && event.target.matches("[data-filter]")) {
      event.preventDefault();
      (active || items[0])?.click();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && document.activeElement.matches(".menu-item")) {
      this.menu.querySelector("[data-filter]")?.focus();
    }
  }
}

customElements.define("drop-down", DropDown);
