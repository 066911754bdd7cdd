// <macro-text>: a text of a macro with the editor that messages are written in. Without this script the text
// area stays. Buttons [data-variable] put a variable where the cursor is.
class MacroText extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    const plain = this.querySelector("textarea");
    const html = this.querySelector("[data-html]");
    const tools = this.querySelector("trix-toolbar");
    html.disabled = false;
    this.editor = document.createElement("trix-editor");
    this.editor.setAttribute("input", html.id);
    this.editor.setAttribute("toolbar", tools.id);
    this.editor.className = "prose macro-rich";
    this.editor.lang = plain.lang;
    this.editor.setAttribute("aria-label", plain.dataset.name);
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (plain.hasAttribute(name)) this.editor.setAttribute(name, plain.getAttribute(name));
    }
    for (const part of this.querySelectorAll("[data-alive]")) part.hidden = false;
    plain.hidden = true;
    plain.removeAttribute("name");
    plain.after(this.editor);
    this.editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
    this.querySelector("label").addEventListener("click", () => this.editor.focus());
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-variable]");
      if (!button) return;
      this.editor.focus();
      this.editor.editor.insertString(`{{${button.dataset.variable}}}`);
    });
  }
}

customElements.define("macro-text", MacroText);
