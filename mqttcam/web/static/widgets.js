// One widget per kind of value. No control is known here by name: kind and options come from the API.

/** @import { ChoiceKind, Kind, NumberKind, Value, Widget } from "./types" */

import { distanceWidget } from "./distance.js";
import { h } from "./dom.js";
import { decimalsOf, number } from "./format.js";
import { wideSlider } from "./wideslider.js";

/**
 * @param {import("./fields.js").Field} field
 * @returns {Widget}
 */
export function makeWidget(field) {
  const { kind, options } = field.entity;
  switch (kind.type) {
    case "switch": return toggle(field);
    case "choice": return choice(field, kind);
    case "number":
    case "integer": return numberWidget(field, kind, options.mode);
    default: return text(field, kind);
  }
}

/**
 * @param {import("./fields.js").Field} field
 * @param {NumberKind} kind
 * @param {string | undefined} mode
 * @returns {Widget}
 */
function numberWidget(field, kind, mode) {
  const { automatic } = field.entity;
  if (kind.unit === "dpt") return distanceWidget(field, kind);
  if (kind.unit === "µs" && automatic) return wideSlider(field, kind, automatic.minimum ?? kind.min);
  return mode === "slider" ? slider(field, kind) : box(field, kind);
}

/**
 * @param {import("./fields.js").Field} field
 * @returns {Widget}
 */
function toggle(field) {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => field.change(input.checked ? "ON" : "OFF") });
  return { className: "toggle", input, element: input, output: false, show: (value) => { input.checked = value === "ON"; } };
}

/**
 * @param {import("./fields.js").Field} field
 * @param {ChoiceKind} kind
 * @returns {Widget}
 */
function choice(field, kind) {
  const options = kind.allowed.map((name) => h("option", { value: name }, field.entity.option_titles[name] ?? name));
  const input = h("select", { onchange: () => field.change(input.value) }, ...options);
  return {
    className: "choice", input, element: input, output: false,
    show: (value) => { input.value = value ?? ""; },
  };
}

/**
 * @param {import("./fields.js").Field} field
 * @param {NumberKind} kind
 * @returns {Widget}
 */
function slider(field, kind) {
  const step = field.entity.options.step ?? (kind.type === "integer" ? 1 : "any");
  const least = field.entity.automatic?.minimum ?? kind.min;
  let held = false;
  const input = h("input", {
    type: "range", min: least, max: kind.max, step,
    oninput: () => { paint(); field.change(input.valueAsNumber); },
    onpointerdown: () => { held = true; },
    onpointerup: () => release(),
    onpointercancel: () => release(),
    ondblclick: () => { if (field.resetButton) field.reset(); },
  });
  const paint = () => {
    /** @param {number} value */
    const percent = (value) => (100 * (value - least)) / (kind.max - least || 1);
    const zero = percent(Math.min(Math.max(0, least), kind.max));
    const here = percent(input.valueAsNumber);
    input.style.setProperty("--from", `${Math.min(zero, here)}%`);
    input.style.setProperty("--to", `${Math.max(zero, here)}%`);
    const shown = number(input.valueAsNumber, decimalsOf(step) === undefined ? 0 : step);
    field.output.textContent = kind.unit ? `${shown} ${kind.unit}` : shown;
    input.setAttribute("aria-valuetext", field.output.textContent);
  };
  const release = () => {
    held = false;
    if (!field.sender.busy) field.show(field.value);
  };
  /** @param {Value} value */
  const show = (value) => {
    input.classList.toggle("unknown", value === null || value === undefined);
    if (held || typeof value !== "number") return;
    input.value = String(value);
    paint();
  };
  return { className: "slider", input, element: input, output: true, show };
}

/**
 * @param {import("./fields.js").Field} field
 * @param {NumberKind} kind
 */
function box(field, kind) {
  const input = h("input", {
    type: "number", min: kind.min, max: kind.max, step: field.entity.options.step ?? "any", inputmode: "decimal",
    onchange: () => field.change(input.value === "" ? "" : input.valueAsNumber),
  });
  return typed(input, "box", (value) => (value === null ? "" : String(value)));
}

/** @param {Kind} kind */
function placeholder(kind) {
  if (kind.type === "vector") return `${kind.length} numbers, such as 1, 2`;
  return kind.type === "rectangle" ? "x, y, width, height" : null;
}

/**
 * @param {import("./fields.js").Field} field
 * @param {Kind} kind
 */
function text(field, kind) {
  const input = h("input", {
    type: "text", autocomplete: "off", spellcheck: "false", maxlength: kind.type === "text" ? kind.max_length : null,
    placeholder: placeholder(kind),
    onchange: () => field.change(input.value),
  });
  return typed(input, "text", (value) => (Array.isArray(value) ? value.join(", ") : (value ?? "")));
}

/**
 * A widget to type in. An update does not overwrite what is being typed, and what was refused stays for correction.
 * @param {HTMLInputElement} input
 * @param {string} className
 * @param {(value: Value) => string} asText
 * @returns {Widget}
 */
function typed(input, className, asText) {
  let last = "";
  let unsent = false;
  input.addEventListener("input", () => { unsent = true; });
  for (const sent of ["change", "blur"]) input.addEventListener(sent, () => { unsent = false; });
  return {
    className, input, element: input, output: false, keepsText: true,
    show: (value, settled) => {
      const shown = asText(value ?? null);
      const isKept = unsent && document.activeElement === input;
      const left = document.activeElement !== input && (shown !== last || input.value === "");
      if (!isKept && (settled || left || input.value === last)) input.value = shown;
      last = shown;
    },
  };
}
