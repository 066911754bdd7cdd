// <rich-text>: a text area that becomes an editor; without scripts it stays as it is.
// The hidden field [data-start] takes the HTML; a <trix-toolbar> inside has the tools.
class RichText extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    const plain = this.querySelector("textarea");
    const html = this.querySelector("[data-start]");
    const tools = this.querySelector("trix-toolbar");
    html.value = html.dataset.start;
    const editor = document.createElement("trix-editor");
    editor.setAttribute("input", html.id);
    editor.setAttribute("toolbar", tools.id);
    editor.className = "prose rich-text-editor";
    const label = plain.labels[0];
    editor.setAttribute("aria-label", label?.textContent || "");
    for (const name of ["aria-describedby", "aria-invalid"])
      if (plain.hasAttribute(name)) editor.setAttribute(name, plain.getAttribute(name));
    label?.addEventListener("click", () => editor.focus());
    editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
    plain.value = ""; // what the editor says counts, an empty one too
    plain.hidden = true;
    plain.after(editor);
    tools.hidden = false;
  }
}

customElements.define("rich-text", RichText);
