// Values as people read them.

const UNKNOWN = "–";

/** A number with as many decimals as its step has. */
export function number(value, step = 0, digits = undefined) {
  const decimals = digits ?? decimalsOf(step);
  return value.toLocaleString(undefined, { minimumFractionDigits: 0, maximumFractionDigits: decimals ?? 3 });
}

export function decimalsOf(step) {
  if (!step) return undefined;
  const [digits, exponent] = String(step).split("e-");
  return (digits.split(".")[1] ?? "").length + Number(exponent ?? 0);
}

// As Home Assistant says it.
const WORDS = {
  connectivity: { ON: "Connected", OFF: "Disconnected" },
  motion: { ON: "Detected", OFF: "Clear" },
};

/** The value of an entity, with its unit. */
export function reading(entity, value) {
  if (value === null || value === undefined || value === "") return UNKNOWN;
  const { device_class, suggested_display_precision } = entity.options;
  if (WORDS[device_class]?.[value]) return WORDS[device_class][value];
  if (device_class === "duration" && value >= 60) return duration(value);
  if (typeof value === "number") {
    const unit = entity.kind?.unit ? ` ${entity.kind.unit}` : "";
    return number(value, entity.options.step, suggested_display_precision) + unit;
  }
  return Array.isArray(value) ? value.join(", ") : String(value);
}

export function duration(seconds) {
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const shown = [];
  let rest = Math.floor(seconds);
  for (const [unit, size] of parts) {
    if (rest >= size) shown.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return shown.slice(0, 2).join(" ") || "0 s";
}

export const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const date = (seconds) => new Date(seconds * 1000).toLocaleDateString(undefined, { dateStyle: "medium" });
export const dateTime = (seconds) => new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
export const bytes = (count) => (count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`);
