// <file-drop>: a file input that files can be dropped on and screenshots pasted into, with a list of what is in it.
// The files stay in the input, so that the form sends them as any form does.
const size = (bytes) => {
  const units = ["B", "KB", "MB"];
  let at = 0;
  while (bytes >= 1024 && at < units.length - 1) {
    bytes /= 1024;
    at += 1;
  }
  return `${bytes.toLocaleString(document.documentElement.lang, { maximumFractionDigits: at ? 1 : 0 })} ${units[at]}`;
};

class FileDrop extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    this.input = this.querySelector("input[type=file]");
    this.list = this.querySelector("[data-list]");
    this.words = JSON.parse(this.dataset.words);
    this.files = [];
    this.pictures = [];
    this.status = document.createElement("span");
    this.status.className = "sr-only";
    this.status.setAttribute("role", "status");
    this.append(this.status);
    this.classList.add("is-alive");
    this.input.addEventListener("change", () => this.add([...this.input.files]));
    for (const name of ["dragenter", "dragover"]) this.addEventListener(name, (event) => this.over(event));
    for (const name of ["dragleave", "drop"]) this.addEventListener(name, () => this.classList.remove("is-over"));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
    // Anywhere in the form, into its first place for files.
    const form = this.closest("form");
    if (form.querySelector("file-drop") === this) document.addEventListener("paste", (event) => this.paste(event));
    form.addEventListener("change", (event) => event.target.name === "kept" && this.judge());
  }

  over(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    this.classList.add("is-over");
  }

  paste(event) {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    const stamp = new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-");
    this.add(
      files.map((file) =>
        file.name && file.name !== "image.png" ? file : new File([file], `screenshot ${stamp}.png`, { type: file.type }),
      ),
    );
  }

  add(files) {
    const known = new Set(this.files.map((file) => `${file.name}/${file.size}/${file.lastModified}`));
    const fresh = files.filter((file) => !known.has(`${file.name}/${file.size}/${file.lastModified}`));
    this.files.push(...fresh);
    this.draw();
    if (fresh.length) this.status.textContent = this.say("added", fresh.map((file) => file.name).join(", "));
  }

  drop(file) {
    this.files = this.files.filter((other) => other !== file);
    this.draw();
    this.input.focus();
  }

  draw() {
    const all = new DataTransfer();
    for (const file of this.files) all.items.add(file);
    this.input.files = all.files;
    for (const url of this.pictures.splice(0)) URL.revokeObjectURL(url);
    this.list.replaceChildren(...this.files.map((file) => this.line(file)));
    this.judge();
  }

  line(file) {
    const line = document.createElement("li");
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      this.pictures.push(picture.src);
      line.append(picture);
    }
    const name = document.createElement("span");
    name.className = "grow f-file-name";
    name.textContent = `${file.name} `;
    const bytes = document.createElement("span");
    bytes.className = "faint small nowrap";
    bytes.textContent = size(file.size);
    name.append(bytes);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", this.say("remove", file.name));
    button.addEventListener("click", () => this.drop(file));
    line.append(name, button);
    return line;
  }

  // All files of the form together, those that wait at the server included.
  judge() {
    const form = this.closest("form");
    const waiting = [...form.querySelectorAll("input[name=kept]:checked")].map((box) => Number(box.dataset.size));
    const chosen = [...form.querySelectorAll("file-drop input[type=file]")].flatMap((input) => [...input.files]).map((file) => file.size);
    const total = [...waiting, ...chosen].reduce((sum, one) => sum + one, 0);
    const mine = this.files.length + this.closest("[data-field]").querySelectorAll("input[name=kept]:checked").length;
    const wrong = total > Number(this.dataset.most) ? "large" : mine > Number(this.dataset.count) ? "count" : "";
    this.classList.toggle("is-wrong", Boolean(wrong));
    const place = this.closest("[data-field]").querySelector("[data-errors]");
    place.replaceChildren();
    if (!wrong) return;
    const error = document.createElement("div");
    error.className = "field-error";
    error.setAttribute("role", "alert");
    error.textContent = this.say(wrong, "");
    place.append(error);
  }

  say(key, name) {
    return this.words[key].replace("%(name)s", name);
  }
}

customElements.define("file-drop", FileDrop);
