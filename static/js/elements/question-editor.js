// <question-editor>: only what belongs to the chosen condition, and choices only where they are the question's own.
class QuestionEditor extends HTMLElement {
  connectedCallback() {
    this.classList.add("is-alive");
    this.addEventListener("change", () => this.look());
    this.look();
  }

  look() {
    const by = this.querySelector("[name=shown_by]")?.value || "";
    for (const group of this.querySelectorAll("[data-for]")) group.classList.toggle("is-on", group.dataset.for === by);
    const fills = this.querySelector("[name=fills]")?.value || "";
    this.querySelector("[data-own-choices]")?.classList.toggle("is-off", fills === "topic" || fills.startsWith("field:"));
  }
}

customElements.define("question-editor", QuestionEditor);
