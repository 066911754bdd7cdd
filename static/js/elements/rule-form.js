// <rule-form>: tells its live parts that the rule may be another; puts variables into texts.
class RuleForm extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    const changed = (event) => event.target.closest("condition-builder") && this.dispatchEvent(new CustomEvent("rule:changed"));
    this.addEventListener("change", changed);
    this.addEventListener("input", changed);
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-insert]");
      if (button) this.insert(button);
    });
    // htmx must have seen the page before it can be told.
    requestAnimationFrame(() => this.dispatchEvent(new CustomEvent("rule:changed")));
  }

  insert(button) {
    const area = this.querySelector(`[name="${CSS.escape(button.dataset.into)}"]`);
    area.setRangeText(button.dataset.insert, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

customElements.define("rule-form", RuleForm);
