// The forms of the window: before the talk, a message for later, the mark at the end.
import { el, icon } from "./dom.js";

const TYPES = { email: "email", phone: "tel" };
const FILLS = { name: "name", email: "email", phone: "tel" };

// A label with its control; says what is wrong beside it.
function field(words, { name, required, options }, value = "") {
  const id = `f-${name}`;
  const wrong = el("span.wrong", { id: `${id}-wrong`, role: "alert" });
  const common = { id, name, required, "aria-describedby": wrong.id };
  const control = options
    ? el("select", common, el("option", { value: "" }, words.choose), ...options.map(([key, label]) => el("option", { value: key }, label)))
    : name === "text"
      ? el("textarea", { ...common, rows: 4, maxlength: 10000 })
      : el("input", { ...common, type: TYPES[name] || "text", autocomplete: FILLS[name], maxlength: 200 });
  control.value = value;
  const label = name === "text" ? words.write : words[name];
  const row = el("div.field", {}, el("label", { for: id }, label, required ? null : el("small", {}, ` (${words.optional})`)), control, wrong);
  return { row, control, wrong };
}

// Shows the fields, and gives their values once they are right.
function form(words, { title, fields, consent, button, done }) {
  const drawn = fields.map((one) => field(words, one, one.value));
  const agree = consent ? el("input", { type: "checkbox", id: "f-agree", required: true }) : null;
  const wrong = el("p.wrong", { role: "alert" });
  const send = (event) => {
    event.preventDefault();
    let first = null;
    for (const { control, wrong: beside } of drawn) {
      const missing = control.required && !control.value.trim();
      const bad = control.type === "email" && control.value && !control.checkValidity();
      beside.textContent = missing ? words.required : bad ? words.bademail : "";
      control.setAttribute("aria-invalid", String(missing || bad));
      if (missing || bad) first ||= control;
    }
    wrong.textContent = "";
    if (agree && !agree.checked) {
      wrong.textContent = words.mustagree;
      first ||= agree;
    }
    if (first) return first.focus();
    done(Object.fromEntries(drawn.map(({ control }) => [control.name, control.value.trim()])));
  };
  return el(
    "form.form",
    { novalidate: true, onsubmit: send },
    title ? el("p", {}, title) : null,
    ...drawn.map(({ row }) => row),
    agree ? el("label.agree", { for: "f-agree" }, agree, el("span", {}, consent)) : null,
    wrong,
    el("button.send", { type: "submit" }, button),
  );
}

export function introduction(words, asks, consent, state, done) {
  const fields = asks.map((one) => ({ ...one, value: state[one.name] || "" }));
  return form(words, { fields, consent: state.missing.includes("consent") ? consent : "", button: words.begin, done });
}

export function later(words, title, consent, state, done) {
  const fields = [
    { name: "text", required: true },
    { name: "name", required: false, value: state.name },
    { name: "email", required: true, value: state.email },
  ];
  return form(words, { title, fields, consent: state.missing.includes("consent") ? consent : "", button: words.leave, done });
}

export function address(words, stage, done) {
  return form(words, { title: stage === "waiting" ? words.nowait : "", fields: [{ name: "email", required: true }], button: words.save, done });
}

// Five stars; the chosen ones stay lit, and the word can be changed.
export function rating(words, score, done) {
  const stars = [1, 2, 3, 4, 5].map((value) =>
    el(`button.star${value <= score ? ".lit" : ""}`, { type: "button", "aria-label": words.star.replace("%s", value), "aria-pressed": String(value === score), onclick: () => done(value) }, icon("star")),
  );
  return el("div.rating", { role: "group", "aria-label": words.rate }, el("p", {}, score ? words.thanks : words.rate), el("div", {}, ...stars));
}
