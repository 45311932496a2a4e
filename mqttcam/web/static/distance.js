// The distance that a lens is focused at, in metres. Cameras count in dioptres, which is 1 / metres: 0 is infinity.

/** @import { NumberKind, Value, Widget } from "./types" */

import { h } from "./dom.js";
import { distance } from "./format.js";

/**
 * A slider from infinity to the closest distance, and a box for metres.
 * @param {import("./fields.js").Field} field
 * @param {NumberKind} kind
 * @returns {Widget}
 */
export function distanceWidget(field, kind) {
  const step = field.entity.options.step ?? 0.01;
  const input = h("input", {
    type: "range", min: kind.min, max: kind.max, step, oninput: () => { paint(input.valueAsNumber); field.change(input.valueAsNumber); },
  });
  const metres = h("input", {
    type: "number", min: 0, step: "any", inputmode: "decimal", "aria-label": `${field.entity.title} in metres`, placeholder: "∞",
    disabled: !field.mayControl, onchange: () => field.change(metres.value === "" ? kind.min : asDioptres(metres.valueAsNumber, kind)),
  });
  const infinity = h("button", { type: "button", class: "button quiet", disabled: !field.mayControl, onclick: () => field.change(kind.min) }, "Infinity");
  /** @param {number} value */
  const paint = (value) => {
    const text = distance(value);
    input.style.setProperty("--to", `${(100 * (value - kind.min)) / (kind.max - kind.min || 1)}%`);
    input.setAttribute("aria-valuetext", text);
    field.output.textContent = text;
  };
  const element = h("div", { class: "distance" }, input,
    h("div", { class: "row" }, infinity, h("span", { class: "metres" }, metres, h("span", { "aria-hidden": "true" }, "m"))));
  return {
    className: "slider", input, element, output: true,
    show: (/** @type {Value} */ value) => {
      input.classList.toggle("unknown", typeof value !== "number");
      if (typeof value !== "number") return;
      if (document.activeElement !== metres) metres.value = value > 0 ? String(Number((1 / value).toPrecision(3))) : "";
      input.value = String(value);
      paint(value);
    },
  };
}

/**
 * @param {number} metres
 * @param {NumberKind} kind
 */
const asDioptres = (metres, { min, max }) => (metres > 0 ? Math.min(Math.max(Number((1 / metres).toFixed(3)), min), max) : max);
