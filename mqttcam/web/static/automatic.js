// The switch "Automatic" of a control whose value the camera can choose. While it is on, the control itself is hidden.

/** @import { Automatic, Value, Values } from "./types" */

import { h } from "./dom.js";
import { reading } from "./format.js";

export class AutomaticSwitch {
  /**
   * @param {import("./fields.js").Field} field
   * @param {Automatic} how
   */
  constructor(field, how) {
    this.field = field;
    this.how = how;
    this.isOn = false;
    /** @type {Value} The value that the camera has chosen last, if it reports that. */
    this.last = undefined;
    this.input = h("input", {
      type: "checkbox", role: "switch", disabled: !field.mayControl, "aria-label": `${field.entity.title}: automatic`, onchange: () => this.toggle(),
    });
    this.element = h("label", { class: "automatic" }, "Automatic", this.input);
  }

  /** The value that the camera has chosen, as text. */
  get measured() {
    return typeof this.last === "number" ? reading(this.field.entity, this.last) : "";
  }

  /** @param {Values} state */
  update(state) {
    const { entity, sender, element, widget } = this.field;
    if (sender.busy) return;
    const value = state[this.how.key];
    this.last = state[`measured_${entity.key}`];
    this.isOn = this.how.values.includes(value);
    this.input.checked = this.isOn;
    element.classList.toggle("chosen", this.isOn);
    widget.element.hidden = this.isOn;
  }

  toggle() {
    const { how, field } = this;
    const { key } = field.entity;
    if (this.input.checked) {
      field.sender.push({ [how.key]: how.automatic });
      return;
    }
    const start = this.start();
    field.sender.push({
      ...(how.manual === null ? {} : { [how.key]: how.manual }),
      ...(start === undefined ? {} : { [key]: start }),
    });
  }

  /** The value to begin with: the last measured one. */
  start() {
    const { kind } = this.field.entity;
    if (kind.type !== "number" && kind.type !== "integer") return undefined;
    const least = this.how.minimum ?? kind.min;
    if (typeof this.last === "number") return Math.min(Math.max(this.last, least), kind.max);
    return this.how.manual === null ? least : undefined;
  }
}
