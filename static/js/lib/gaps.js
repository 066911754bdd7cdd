// Gaps that a macro has left in the text, "[the customer's name is missing]": marked where they stand, named
// above Send, and nothing is sent before they are gone. The server refuses such a text, too.
const MARK = "macro-gap";

export class Gaps {
  constructor(composer, editor, phrases) {
    this.editor = editor;
    this.phrases = phrases;
    this.bar = composer.querySelector("[data-gaps-bar]");
    for (const change of ["trix-initialize", "trix-change", "trix-render"]) editor.addEventListener(change, () => this.later());
    composer.addEventListener("click", (event) => event.target.closest("[data-gaps-show]") && this.show());
  }

  // No-break blanks are blanks; one for one, so that places in the text stay what they are.
  get text() {
    return this.editor.editor.getDocument().toString().replace(/\s/gu, " ");
  }

  get found() {
    const { text } = this;
    return this.phrases.filter((phrase) => text.includes(phrase));
  }

  later() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.look());
  }

  look() {
    const { found } = this;
    this.bar.hidden = !found.length;
    const words = this.bar.querySelector("[data-gaps-words]");
    if (words.textContent !== found.join(", ")) words.textContent = found.join(", ");
    this.highlight(found);
  }

  // Without touching the text itself: what is marked must not travel with the message.
  highlight(found) {
    if (!globalThis.CSS?.highlights) return;
    const ranges = [];
    const walker = document.createTreeWalker(this.editor, NodeFilter.SHOW_TEXT);
    while (found.length && walker.nextNode()) {
      const node = walker.currentNode;
      const text = node.data.replace(/\s/gu, " ");
      for (const phrase of found) {
        for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + phrase.length);
          ranges.push(range);
        }
      }
    }
    if (ranges.length) CSS.highlights.set(MARK, new Highlight(...ranges));
    else CSS.highlights.delete(MARK);
  }

  // Selects the first one, so that typing fills it in.
  show() {
    const { text } = this;
    const places = this.phrases.map((phrase) => [text.indexOf(phrase), phrase.length]).filter(([at]) => at >= 0);
    if (!places.length) return;
    const [at, length] = places.sort(([one], [other]) => one - other)[0];
    this.editor.focus();
    this.editor.editor.setSelectedRange([at, at + length]);
  }
}
