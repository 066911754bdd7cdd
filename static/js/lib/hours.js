// Hours of a day as seconds, and as people write them. The server reads the same: desk/settings/forms/hours.py.
export const DAY = 86400;

// "9", "930", "9:30", "09.30", "24:00" → seconds; null for anything else.
export function seconds(text) {
  const found = /^(\d{1,2})(?:[:.]?([0-5]\d))?(?::([0-5]\d))?$/.exec(text.trim());
  if (!found) return null;
  const value = Number(found[1]) * 3600 + Number(found[2] || 0) * 60 + Number(found[3] || 0);
  return value <= DAY ? value : null;
}

const two = (number) => String(number).padStart(2, "0");

export function written(value, ends = false) {
  const within = value > DAY || (value === DAY && !ends) ? value - DAY : value;
  const words = `${two(Math.floor(within / 3600))}:${two(Math.floor(within / 60) % 60)}`;
  return within % 60 ? `${words}:${two(within % 60)}` : words;
}

// [start, end] with an end past midnight as more than a day; null when it is not to be read.
export function interval(from, until) {
  const start = seconds(from);
  let end = seconds(until);
  if (start === null || end === null || start === DAY) return null;
  if (end <= start) end += DAY;
  return [start, end];
}

// What overlaps or touches becomes one.
export function joined(intervals) {
  const out = [];
  for (const [start, end] of intervals.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && start <= last[1]) last[1] = Math.min(Math.max(last[1], end), last[0] + DAY);
    else out.push([start, end]);
  }
  return out;
}
