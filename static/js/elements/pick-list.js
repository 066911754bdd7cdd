// <pick-list>: radio buttons with a box that filters them; without this script the whole list stays.
const folded = (text) => text.toLowerCase().replaceAll("ё", "е");

class PickList extends HTMLElement {
  connectedCallback() {
    const box = this.querySelector("[data-filter]");
    if (!box || this.ready) return;
    this.ready = true;
    box.addEventListener("input", () => this.filter(folded(box.value.trim())));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const first = this.shown[0]?.querySelector("input");
      if (first) {
        first.checked = true;
        first.focus();
      }
    });
  }

  get shown() {
    return [...this.querySelectorAll(".pick")].filter((pick) => !pick.hidden);
  }

  filter(wanted) {
    for (const pick of this.querySelectorAll(".pick")) {
      pick.hidden = !folded(`${pick.textContent} ${pick.dataset.search || ""}`).includes(wanted);
    }
    this.querySelector("[data-none]").hidden = this.shown.length > 0;
  }
}

customElements.define("pick-list", PickList);
