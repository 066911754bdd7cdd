// <row-list>: rows of a form that can be added and taken away. Without this script the spare rows serve.
class RowList extends HTMLElement {
  connectedCallback() {
    if (this.alive) return;
    this.alive = true;
    this.rows = this.querySelector("[data-rows]");
    this.fresh = this.querySelector("template[data-fresh]");
    for (const spare of this.querySelectorAll("[data-spare]")) spare.remove();
    this.classList.add("is-alive");
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-add-row]")) this.add();
      const drop = event.target.closest("[data-drop-row]");
      if (drop) this.drop(drop.closest("[data-row]"));
    });
    this.addEventListener("change", (event) => {
      if (event.target.matches("select[data-kind]")) event.target.closest("[data-row]").dataset.kind = event.target.value;
    });
  }

  add() {
    const row = this.fresh.content.firstElementChild.cloneNode(true);
    row.removeAttribute("data-spare");
    this.rows.append(row);
    row.querySelector("input, select")?.focus();
  }

  drop(row) {
    row.remove();
    this.querySelector("[data-add-row]").focus();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("row-list", RowList);
