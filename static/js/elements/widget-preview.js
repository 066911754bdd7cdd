// <widget-preview data-for="form">: a picture of the widget that follows what is typed into its settings.
const ink = (colour) => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.36 ? "#101114" : "#ffffff";
};

class WidgetPreview extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.form = document.getElementById(this.dataset.for);
    this.standard = JSON.parse(this.dataset.standard);
    const draw = () => this.draw();
    this.form.addEventListener("input", draw);
    this.form.addEventListener("change", draw);
    this.addEventListener("change", draw);
    this.draw();
  }

  part(name) {
    return this.querySelector(`[data-preview="${name}"]`);
  }

  value(name) {
    return this.form.elements[name]?.value.trim() || "";
  }

  draw() {
    const language = this.part("language").value;
    const words = this.standard[language] || this.standard.en;
    const away = this.part("away").checked;
    const own = this.form.elements.own_colour.checked;
    const colour = own ? this.value("colour") : this.dataset.colour;
    const site = this.part("site");
    this.style.setProperty("--chat", colour);
    this.style.setProperty("--chat-ink", ink(colour));
    const theme = this.value("theme");
    const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    site.dataset.bsTheme = dark ? "dark" : "light";
    site.classList.toggle("is-left", this.value("side") === "left");
    this.part("title").textContent = this.value(`title.${language}`) || this.dataset.brand;
    this.part("soon").textContent = away ? "" : words.soon;
    const name = away ? "away" : "greeting";
    this.part("greeting").textContent = this.value(`${name}.${language}`) || words[name];
    this.part("write").textContent = words.write;
    const unasked = [...this.form.querySelectorAll(`[name="trigger-text.${language}"]`)].map((area) => area.value.trim()).find(Boolean);
    this.part("unasked").hidden = !unasked;
    this.part("unasked").textContent = unasked || "";
  }
}

customElements.define("widget-preview", WidgetPreview);
