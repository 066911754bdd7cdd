// <form-preview>: the form in its frame, drawn anew when the order of the questions was saved.
class FormPreview extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("iframe");
    this.again = () => setTimeout(() => this.frame.contentWindow?.location.reload(), 250);
    document.addEventListener("sorted", this.again);
  }

  disconnectedCallback() {
    document.removeEventListener("sorted", this.again);
  }
}

customElements.define("form-preview", FormPreview);
