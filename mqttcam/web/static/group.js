// A group of a camera's entities, which opens and closes: fields, readings, buttons, and the error of the last command.

/** @import { Values } from "./types" */

import { arrange, h } from "./dom.js";
import { isReset, resetValues } from "./fields.js";

/** @typedef {import("./panel.js").Part} Part */

const STORED = "mqttcam-groups";

export class Group {
  /**
   * @param {string} name
   * @param {((values: Values) => void) | null} reset Sets values; null if nothing may be changed.
   */
  constructor(name, reset) {
    this.name = name;
    /** @type {Part[]} */
    this.parts = [];
    /** @type {HTMLElement | null} More that belongs to the group, below its fields. */
    this.extra = null;
    this.fields = h("div", { class: "fields" });
    this.readings = h("dl", { class: "readings" });
    this.buttons = h("div", { class: "row" });
    this.error = h("p", { class: "error", role: "alert" });
    this.note = h("span", { class: "groupnote" });
    this.resetButton = reset && h("button", { type: "button", class: "link-button", hidden: true, onclick: () => reset(this.changed()) }, `Reset ${name}`);
    this.body = h("div", { class: "groupbody" });
    const summary = h("summary", { onclick: () => this.keep(!this.element.open) }, h("span", {}, name), this.note);
    this.element = h("details", { class: "card group", "data-group": name }, summary, this.body);
    /** Whether it is open while nothing is searched for. */
    this.open = false;
  }

  /** @param {Part[]} parts */
  show(parts) {
    this.parts = parts;
    /** @param {Part["place"]} wanted */
    const of = (wanted) => parts.filter(({ place }) => place === wanted).map(({ element }) => element);
    const [fields, readings, buttons] = [of("fields"), of("readings"), of("buttons")];
    arrange(this.fields, fields);
    arrange(this.readings, readings);
    arrange(this.buttons, buttons);
    arrange(this.body, [
      ...(fields.length ? [this.fields] : []), ...(readings.length ? [this.readings] : []),
      ...(buttons.length ? [this.buttons, this.error] : []), ...(this.extra ? [this.extra] : []), ...(this.resetButton ? [this.resetButton] : []),
    ]);
  }

  get isEmpty() {
    return this.parts.length === 0 && (this.extra?.hidden ?? true);
  }

  /** The values that a reset of the group would change, by key. */
  changed() {
    /** @type {Values} */
    const values = {};
    for (const { field } of this.parts) {
      if (!field || field.automatic?.isOn || isReset(field.entity, field.value)) continue;
      Object.assign(values, resetValues(field.entity));
    }
    return values;
  }

  /** Says in the heading how many values were changed. */
  update() {
    const count = Object.keys(this.changed()).length;
    const text = count ? `${count} changed` : "";
    if (this.note.textContent !== text) this.note.textContent = text;
    if (this.resetButton) this.resetButton.hidden = count === 0;
  }

  /**
   * Opens it the first time, unless it was closed before.
   * @param {boolean} usually
   */
  begin(usually) {
    this.open = stored()[this.name] ?? usually;
    this.element.open = this.open;
  }

  /** @param {boolean} open As the user has chosen. */
  keep(open) {
    this.open = open;
    try {
      localStorage.setItem(STORED, JSON.stringify({ ...stored(), [this.name]: open }));
    } catch {
      // This browser keeps nothing.
    }
  }

  /**
   * Shows the parts that match, and opens for them.
   * @param {((part: Part) => boolean) | null} matches null shows all of it, as it was before.
   * @returns {number} How many match.
   */
  filter(matches) {
    const found = this.parts.filter((part) => {
      const shown = !matches || matches(part);
      part.element.hidden = !shown;
      return shown;
    }).length;
    this.element.hidden = matches ? found === 0 : this.isEmpty;
    this.element.open = matches ? found > 0 : this.open;
    this.element.classList.toggle("filtered", matches !== null);
    return found;
  }
}

/** @returns {Record<string, boolean>} The groups that the user has opened and closed. */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "{}");
  } catch {
    return {};
  }
}
