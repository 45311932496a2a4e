// Values as text.

/** @import { Entity, Value } from "./types" */

const UNKNOWN = "–";

/**
 * @param {number} value
 * @param {number | string} [step] The value is shown with as many decimals as this has.
 * @param {number} [digits] The number of decimals, instead of that of the step.
 */
export function number(value, step = 0, digits = undefined) {
  const decimals = digits ?? decimalsOf(step);
  return value.toLocaleString(undefined, { minimumFractionDigits: 0, maximumFractionDigits: decimals ?? 3 });
}

/** @param {number | string} step */
export function decimalsOf(step) {
  if (!step) return undefined;
  const [digits, exponent] = String(step).split("e-");
  return (digits.split(".")[1] ?? "").length + Number(exponent ?? 0);
}

/** @type {Record<string, Record<string, string>>} The same words as in Home Assistant. */
const WORDS = {
  connectivity: { ON: "Connected", OFF: "Disconnected" },
  motion: { ON: "Detected", OFF: "Clear" },
  occupancy: { ON: "Detected", OFF: "Clear" },
  problem: { ON: "Problem", OFF: "OK" },
  running: { ON: "Running", OFF: "Not running" },
};

/**
 * The value of an entity, with its unit.
 * @param {Entity} entity
 * @param {Value} value
 * @returns {string}
 */
export function reading(entity, value) {
  if (value === null || value === undefined || value === "") return UNKNOWN;
  const { device_class: deviceClass = "", suggested_display_precision: precision } = entity.options;
  const word = WORDS[deviceClass]?.[value];
  if (word) return word;
  if (deviceClass === "timestamp" && typeof value === "string") return moment(new Date(value));
  if (typeof value === "number" && entity.kind?.unit === "µs") return shortTime(value);
  if (typeof value === "number" && entity.kind?.unit === "dpt") return distance(value);
  // Home Assistant gets the time of the start for the uptime, which is in seconds.
  if (deviceClass === "timestamp" || (deviceClass === "duration" && value >= 60)) return duration(value);
  if (typeof value === "number") {
    const unit = entity.kind?.unit ? ` ${entity.kind.unit}` : "";
    return number(value, entity.options.step, precision) + unit;
  }
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/**
 * A time as photographers say it.
 * @param {number} microseconds
 */
export function shortTime(microseconds) {
  if (microseconds >= 1e6) return `${number(microseconds / 1e6, 0, 2)} s`;
  const time = microseconds >= 1000 ? `${number(microseconds / 1000, 0, microseconds < 1e4 ? 2 : 1)} ms` : `${number(microseconds)} µs`;
  return microseconds > 0 && microseconds <= 5e5 ? `${time} · 1/${number(1e6 / microseconds, 0, 0)}\u00a0s` : time;
}

/**
 * The distance at which a lens is focused.
 * @param {number} dioptres 1 / metres; 0 is infinity.
 */
export function distance(dioptres) {
  if (dioptres <= 0) return "infinity";
  const metres = 1 / dioptres;
  return metres < 1 ? `${number(metres * 100, 0, 1)} cm` : `${number(metres, 0, 2)} m`;
}

/** @type {[string, number][]} */
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** @param {number} seconds */
export function duration(seconds) {
  const shown = [];
  let rest = Math.floor(seconds);
  for (const [unit, size] of UNITS) {
    if (rest >= size) shown.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return shown.slice(0, 2).join(" ") || "0 s";
}

/** @param {number} seconds Unix time. */
export const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @param {number} seconds Unix time. */
export const date = (seconds) => new Date(seconds * 1000).toLocaleDateString(undefined, { dateStyle: "medium" });

/** @param {number} seconds Unix time. */
export const dateTime = (seconds) => new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** @param {Date} at The time of day, with the date unless it is today. */
export const moment = (at) =>
  (at.toDateString() === new Date().toDateString() ? time : dateTime)(at.getTime() / 1000);

/** @param {number} count */
export const bytes = (count) => (count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`);
