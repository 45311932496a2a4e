// What a camera module offers, and its properties, as its source reports them.

/** @import { Camera } from "./types" */

import { arrange, h } from "./dom.js";

const NAMES = { resolution: "Resolution of the sensor", sensor_modes: "Sensor modes", formats: "Formats", raw_formats: "Raw formats" };

export class About {
  constructor() {
    this.list = h("dl", { class: "readings" });
    this.element = h("details", { class: "card", hidden: true }, h("summary", {}, "Camera module"), this.list);
    this.shown = "";
  }

  /** @param {Camera} camera */
  adopt(camera) {
    const details = camera.details ?? {};
    const lines = Object.entries(NAMES).map(([key, name]) => [name, text(details[key])]);
    for (const [name, value] of Object.entries(details.properties ?? {})) lines.push([name, text(value)]);
    const known = lines.filter(([, value]) => value);
    this.element.hidden = !known.length;
    if (this.shown === JSON.stringify(known)) return;
    this.shown = JSON.stringify(known);
    arrange(this.list, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(text).join(", ");
  return typeof value === "object" ? Object.keys(value).join(", ") : String(value);
}
