// The days of the browser's time zone.

/** @param {number} value */
const two = (value) => String(value).padStart(2, "0");

/**
 * The day of a time, such as "2026-11-29".
 * @param {Date} at
 */
export const dayOf = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/**
 * When a day begins. It may be 23 or 25 hours long.
 * @param {string} day
 * @param {number} [later] In days.
 */
export function beginOf(day, later = 0) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}

/**
 * The day that is a number of days later.
 * @param {string} day
 * @param {number} count
 */
export const addDays = (day, count) => dayOf(beginOf(day, count));

export const today = () => dayOf(new Date());

/** @param {string} day */
export function dayName(day) {
  const text = beginOf(day).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", year: day.slice(0, 4) === today().slice(0, 4) ? undefined : "numeric" });
  if (day === today()) return `Today · ${text}`;
  return day === addDays(today(), -1) ? `Yesterday · ${text}` : text;
}
