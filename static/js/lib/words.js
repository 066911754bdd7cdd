// What our scripts say, in the reader's language; the server writes the words into the page.
const words = JSON.parse(document.getElementById("words")?.textContent || "{}");

export const say = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`%(${name})s`, value), words[key] || key);
