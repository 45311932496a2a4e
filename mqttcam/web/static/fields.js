// The field of a settable entity: its name, what it does, its widget, the switch "Automatic", and a reset button.

/** @import { EntityWithKind, Value, Values } from "./types" */

import { ApiError, allowedText } from "./api.js";
import { AutomaticSwitch } from "./automatic.js";
import { errorText, h, icon } from "./dom.js";
import { reading } from "./format.js";
import { Sender } from "./sender.js";
import { makeWidget } from "./widgets.js";

/** @typedef {(values: Values) => Promise<Values>} SetValues Resolves to the values in effect, or rejects with an error that is shown. */

let count = 0;

export class Field {
  /**
   * @param {EntityWithKind} entity
   * @param {SetValues} send Sets values by key.
   * @param {boolean} mayControl
   */
  constructor(entity, send, mayControl = true) {
    this.entity = entity;
    this.mayControl = mayControl;
    this.id = `field-${++count}`;
    /** @type {Value} */
    this.value = undefined;
    this.sender = new Sender(send, (values) => this.onAccepted(values), (error) => this.onRefused(error));
    this.message = h("p", { class: "error", id: `${this.id}-error`, role: "alert" });
    this.output = h("output", { class: "value", for: this.id, "aria-live": "off" });
    this.why = h("p", { class: "why", id: `${this.id}-why`, hidden: true });
    this.resetButton = resetButton(this);
    this.widget = makeWidget(this);
    this.widget.input.id = this.id;
    this.widget.input.disabled = !mayControl;
    this.automatic = entity.automatic ? new AutomaticSwitch(this, entity.automatic) : null;
    this.element = this.build();
  }

  build() {
    const { entity, widget } = this;
    const unit = widget.output ? null : entity.kind.unit;
    const help = entity.description ? h("p", { class: "help", id: `${this.id}-help` }, entity.description) : null;
    const described = [this.message.id, this.why.id, help?.id].filter(Boolean).join(" ");
    widget.input.setAttribute("aria-describedby", described);
    const name = h("label", { for: this.id, class: "name" }, entity.title ?? entity.key,
      unit ? h("small", {}, ` ${unit}`) : null,
      entity.control && plain(entity.control) !== plain(entity.title ?? "") ? h("small", { class: "control" }, entity.control) : null);
    return h("div", { class: `field ${widget.className}`, "data-key": entity.key }, name,
      h("span", { class: "side" }, this.resetButton, widget.output ? this.output : null),
      this.automatic?.element, widget.element, this.why, help, this.message);
  }

  /**
   * The user has chosen a value.
   * @param {Value} value
   */
  change(value) {
    this.sender.push({ [this.entity.key]: value });
  }

  /** Returns to the configured value or the default; lets the camera choose it, if it did so then. */
  reset() {
    this.sender.push(resetValues(this.entity));
  }

  /**
   * Takes over what is being typed in the field that this one replaces.
   * @param {Field | undefined} field
   */
  inherit(field) {
    if (this.widget.keepsText && field) this.widget.input.value = field.widget.input.value;
  }

  /**
   * The camera has these values.
   * @param {Values} state By key.
   */
  update(state) {
    this.value = state[this.entity.key];
    this.automatic?.update(state);
    this.require(state);
    if (!this.sender.busy) this.show(this.value);
  }

  /**
   * Disables what has no effect now, and says why.
   * @param {Values} state
   */
  require(state) {
    const { requires } = this.entity;
    if (!requires || !this.mayControl) return;
    const value = state[requires.key];
    const lacks = value !== null && value !== undefined && !requires.values.includes(value);
    this.widget.input.disabled = lacks;
    this.why.hidden = !lacks;
    this.why.textContent = lacks ? requires.text : "";
  }

  /**
   * @param {Value} value
   * @param {boolean} [settled]
   */
  show(value, settled = false) {
    this.widget.show(value, settled);
    const isAutomatic = this.automatic?.isOn ?? false;
    this.output.textContent = isAutomatic ? this.automatic?.measured ?? "" : reading(this.entity, value);
    if (this.resetButton) this.resetButton.hidden = isAutomatic || isReset(this.entity, value);
  }

  /** @param {Values} values */
  onAccepted(values) {
    this.message.textContent = "";
    this.widget.input.removeAttribute("aria-invalid");
    if (this.entity.key in values) this.value = values[this.entity.key];
    this.show(this.value, true);
  }

  /** @param {unknown} error */
  onRefused(error) {
    const allowed = error instanceof ApiError ? allowedText(error.allowed) : "";
    this.message.textContent = allowed ? `${errorText(error)}. Allowed: ${allowed}` : errorText(error);
    this.widget.input.setAttribute("aria-invalid", "true");
    if (!this.widget.keepsText) this.show(this.value);
  }
}

/**
 * The values that a reset of an entity sets, by key; none if there is nothing to return to.
 * @param {EntityWithKind} entity
 * @returns {Values}
 */
export function resetValues({ key, reset, automatic }) {
  if (automatic && automatic.key !== key) return { [automatic.key]: automatic.automatic };
  return reset === null || reset === undefined ? {} : { [key]: reset };
}

/**
 * Whether an entity has the value that a reset would return it to.
 * @param {EntityWithKind} entity
 * @param {Value} value
 */
export const isReset = ({ reset }, value) => reset === null || reset === undefined || JSON.stringify(value) === JSON.stringify(reset);

/** @param {Field} field */
function resetButton(field) {
  const { entity, mayControl } = field;
  if (!mayControl || !Object.keys(resetValues(entity)).length) return null;
  return h("button", {
    type: "button", class: "reset", hidden: true, title: "Reset",
    "aria-label": `${entity.title}: reset`, onclick: () => field.reset(),
  }, icon("undo"));
}

/** @param {string} name Without spaces, hyphens and case, as names of controls are compared. */
const plain = (name) => name.replace(/[\s_-]/g, "").toLowerCase();
