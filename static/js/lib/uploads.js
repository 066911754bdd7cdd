// Files of the composer: chosen, dropped or pasted, each on its way to the server by itself.
import { post, svg } from "./dom.js";
import { signedOut } from "./signed-out.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

export class Uploads {
  constructor(composer) {
    this.composer = composer;
    this.underWay = 0;
    const input = composer.form.elements.uploads;
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      this.take(files);
    });
    let depth = 0;
    composer.addEventListener("dragenter", (event) => carries(event) && ((depth += 1), composer.classList.add("is-over")));
    composer.addEventListener("dragleave", (event) => carries(event) && (depth -= 1) <= 0 && ((depth = 0), composer.classList.remove("is-over")));
    composer.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
    composer.addEventListener(
      "drop",
      (event) => {
        if (!carries(event)) return;
        event.preventDefault();
        event.stopPropagation();
        depth = 0;
        composer.classList.remove("is-over");
        this.take([...event.dataTransfer.files]);
      },
      true,
    );
    composer.addEventListener(
      "paste",
      (event) => {
        const files = [...(event.clipboardData?.files || [])];
        if (!files.length) return;
        event.preventDefault();
        event.stopPropagation();
        this.take(files);
      },
      true,
    );
    composer.addEventListener("click", ({ target }) => {
      const remove = target.closest("[data-remove-upload]");
      if (!remove) return;
      post(remove.dataset.removeUpload, {});
      remove.closest("[data-upload-id]").remove();
      this.changed();
    });
  }

  take(files) {
    const list = this.composer.querySelector("[data-uploads]");
    for (const file of files) {
      if (file.size > Number(this.composer.dataset.limit)) {
        toast(say("file_too_large", { name: file.name }), "error");
        continue;
      }
      const row = document.createElement("li");
      row.className = "upload is-loading";
      const name = document.createElement("span");
      name.className = "clip";
      name.textContent = file.name;
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.value = 0;
      bar.setAttribute("aria-label", file.name);
      row.append(svg("upload"), name, bar);
      list.append(row);
      this.send(file, row, bar);
    }
  }

  send(file, row, bar) {
    this.underWay += 1;
    const data = new FormData();
    data.append("file", file, file.name || "screenshot.png");
    data.append("csrfmiddlewaretoken", this.composer.form.elements.csrfmiddlewaretoken.value);
    // Only this kind of request tells how far it is.
    const request = new XMLHttpRequest();
    request.open("POST", this.composer.dataset.upload);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && (bar.value = event.loaded / event.total));
    request.addEventListener("loadend", () => {
      this.underWay -= 1;
      const isOut = request.getResponseHeader("X-Signed-Out");
      if (isOut) signedOut();
      if (request.status === 200 && !isOut) {
        row.outerHTML = request.responseText;
        this.changed();
      } else {
        row.remove();
        toast(say("not_uploaded", { name: file.name }), "error");
      }
    });
    request.send(data);
  }

  clear() {
    for (const row of this.composer.querySelectorAll("[data-upload-id]")) row.remove();
    this.changed();
  }

  changed() {
    const rows = [...this.composer.querySelectorAll("[data-upload-id]")];
    this.composer.form.elements.attachments.value = rows.map((row) => row.dataset.uploadId).join(",");
    this.composer.changed();
  }
}
