// A slider for exposure times, from microseconds to minutes: each step is a part of the value, and a box takes exact times.

/** @import { NumberKind, Value, Widget } from "./types" */

import { h } from "./dom.js";
import { shortTime } from "./format.js";

const STEPS = 400;

/**
 * @param {import("./fields.js").Field} field
 * @param {NumberKind} kind
 * @param {number} least The smallest value.
 * @returns {Widget}
 */
export function wideSlider(field, kind, least) {
  const low = Math.max(least, 1);
  const ratio = Math.log(kind.max / low);
  let held = false;
  /** @param {number} at */
  const valueAt = (at) => Number((low * Math.exp((ratio * at) / STEPS)).toPrecision(3));
  const input = h("input", {
    type: "range", min: 0, max: STEPS, step: 1,
    oninput: () => { held = true; const value = bounded(valueAt(input.valueAsNumber)); paint(value); field.change(value); },
    onchange: () => { held = false; },
    onblur: () => { held = false; },
  });
  /** @param {number} value */
  const bounded = (value) => Math.round(Math.min(Math.max(value, low), kind.max));
  const milliseconds = h("input", {
    type: "number", min: low / 1000, max: kind.max / 1000, step: "any", inputmode: "decimal", disabled: !field.mayControl,
    "aria-label": `${field.entity.title} in milliseconds`,
    onchange: () => { if (milliseconds.value !== "") field.change(bounded(milliseconds.valueAsNumber * 1000)); },
  });
  /** @param {number} value */
  const paint = (value) => {
    const text = shortTime(value);
    input.style.setProperty("--to", `${(100 * input.valueAsNumber) / STEPS}%`);
    input.setAttribute("aria-valuetext", text);
    field.output.textContent = text;
  };
  const element = h("div", { class: "distance" }, input,
    h("div", { class: "row" }, h("span", { class: "metres" }, milliseconds, h("span", { "aria-hidden": "true" }, "ms"))));
  return {
    className: "slider", input, element, output: true,
    show: (/** @type {Value} */ value) => {
      input.classList.toggle("unknown", typeof value !== "number");
      if (typeof value !== "number" || value < low) return;
      if (document.activeElement !== milliseconds) milliseconds.value = String(Number((value / 1000).toPrecision(4)));
      if (!held) input.value = String((STEPS * Math.log(value / low)) / ratio);
      paint(value);
    },
  };
}
