// <filter-form>: filters for a list's address. What is empty, or was only looked for, stays out of it.
class FilterForm extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    form.addEventListener("submit", () => {
      const idle = [...form.querySelectorAll("input[type=text]")].filter((box) => !box.value.trim() || box.matches(".look-input"));
      // "All but" nothing says nothing.
      for (const box of form.querySelectorAll("input[name=not]:checked")) {
        const own = [...form.querySelectorAll(`input[name="${box.value}"]`)];
        if (!own.some((each) => (each.type === "checkbox" ? each.checked : each.value.trim()))) idle.push(box);
      }
      for (const box of idle) box.disabled = true;
      // For whoever comes back to this page.
      setTimeout(() => idle.forEach((box) => (box.disabled = false)));
    });
  }
}

customElements.define("filter-form", FilterForm);
