// What a service's form does by itself; without it every form works, with all its questions shown.
import "./elements/file-drop.js";
import "./elements/request-form.js";
import "./elements/local-time.js";
