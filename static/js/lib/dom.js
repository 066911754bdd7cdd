// Small helpers that several behaviours share.
import { signedOut } from "./signed-out.js";

export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

export const post = (url, data, options = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": csrf(), "HX-Request": "true" },
    body: data instanceof FormData ? data : new URLSearchParams(data),
    ...options,
  }).then((answer) => {
    if (answer.headers.has("X-Signed-Out")) signedOut();
    return answer;
  });

// Call `run` once things have been quiet for `wait` ms, but at the latest after `limit` ms.
export const settled = (run, wait, limit = wait * 4) => {
  let timer;
  let first = 0;
  return () => {
    const now = Date.now();
    if (!timer) first = now;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = undefined;
        run();
      },
      Math.max(0, Math.min(wait, first + limit - now)),
    );
  };
};

// For what all pages hear at the same moment: each runs at one of its own, within `most` ms and not before `rest`
// says that so many ms are left. All at once, they would wait for one another, and those who work there for all of
// them. Gives two functions: the one for what one hears of, and the one for what one has done oneself.
export const spread = (run, least, most, rest) => {
  let timer;
  const later = (wait) => {
    timer = setTimeout(() => {
      timer = undefined;
      const left = rest();
      if (left > 0) later(left);
      else run();
    }, wait);
  };
  const soon = () => timer === undefined && later(least + Math.random() * (most - least));
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    run();
  };
  return [soon, now];
};

// For a page that somebody looks at; one in the background runs once when it is looked at again.
export const seen = (run) => {
  let due = false;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !due) return;
    due = false;
    run();
  });
  return () => {
    if (document.hidden) due = true;
    else run();
  };
};

export const typing = (element) =>
  !!element?.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true], trix-editor");

export const svg = (name) => {
  const sample = document.querySelector("svg.icon use");
  const sprite = sample ? sample.getAttribute("href").split("#")[0] : "/static/vendor/icons.svg";
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  icon.append(use);
  return icon;
};
