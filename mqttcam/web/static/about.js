// A camera module: what is in use, what it offers, and its properties, as its source reports them.

/** @import { Camera } from "./types" */

import { session } from "./api.js";
import { arrange, h } from "./dom.js";

const TUNING = "tuning_file"; // null: the file that libcamera has for the model
/** @type {[string, Record<string, string>][]} */
const SECTIONS = [
  ["In use", { sensor_mode: "Sensor mode", format: "Format", buffers: "Buffers", [TUNING]: "Tuning file" }],
  ["What it offers", { resolution: "Resolution of the sensor", sensor_modes: "Sensor modes", formats: "Formats", raw_formats: "Raw formats" }],
];

export class About {
  constructor() {
    this.camera = "";
    this.list = h("div", { class: "aboutlist" });
    this.where = h("p", { class: "hint", hidden: true });
    this.element = h("details", { class: "card", hidden: true, ontoggle: () => this.tellWhere() }, h("summary", {}, "Camera module"), this.list, this.where);
    this.shown = "";
  }

  /** @param {Camera} camera */
  adopt(camera) {
    this.camera = camera.id;
    const details = camera.details ?? {};
    const sections = SECTIONS.map(([title, names]) => ({ title, lines: Object.entries(names).map(([key, name]) => [name, valueOf(details, key)]) }));
    sections[0].lines.unshift(["Model", text(camera.model)]);
    sections.push({ title: "Properties", lines: Object.entries(details.properties ?? {}).map(([name, value]) => [name, text(value)]) });
    for (const section of sections) section.lines = section.lines.filter(([, value]) => value);
    this.element.hidden = !Object.keys(details).length;
    if (this.shown === JSON.stringify(sections)) return;
    this.shown = JSON.stringify(sections);
    arrange(this.list, sections.filter(({ lines }) => lines.length).map(({ title, lines }) => h("section", {},
      h("h3", {}, title), h("dl", { class: "readings" }, ...lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))))));
    this.where.hidden = !(TUNING in details);
  }

  /** Says where the tuning file and the sensor mode are changed, once that is known. */
  async tellWhere() {
    if (!this.element.open || this.where.hidden || this.where.hasChildNodes()) return;
    const { edit } = await session().catch(() => ({ edit: false }));
    this.where.replaceChildren("The tuning file and the sensor mode are set in the camera's source in the configuration. ",
      edit ? h("a", { href: `#setup/${this.camera}` }, "Change them under Set up") : "");
  }
}

/**
 * @param {Record<string, unknown>} details
 * @param {string} key
 */
const valueOf = (details, key) => (key === TUNING && details[key] === null ? "libcamera's own" : text(details[key]));

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(text).join(", ");
  return typeof value === "object" ? Object.keys(value).join(", ") : String(value);
}
