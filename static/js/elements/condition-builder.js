// <condition-builder>: conditions in groups. The server draws it; here a condition goes away without asking,
// and whoever watches the form hears "change" when the tree may be another.
import "./look-up.js";

class ConditionBuilder extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    // Before htmx, which listens on the buttons themselves.
    this.addEventListener("click", (event) => this.pressed(event), true);
    this.addEventListener("change", (event) => {
      const join = event.target.closest(".cond-join");
      if (join) join.closest(".cond-group").dataset.join = join.value;
    });
    this.addEventListener("htmx:afterSettle", () => this.changed());
    this.changed();
  }

  pressed(event) {
    const button = event.target.closest("button.cond-x");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    const gone = button.closest(".cond-nested, .cond");
    const near = gone.nextElementSibling?.matches(".cond, .cond-nested") ? gone.nextElementSibling : gone.previousElementSibling;
    const list = gone.parentElement;
    gone.remove();
    (near?.querySelector("select") || list.closest(".cond-group").querySelector(".cond-foot button"))?.focus();
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("condition-builder", ConditionBuilder);
