// One widget per kind of value. No control is known here by name: kind and options come from the API.

/** @import { ChoiceKind, EntityWithKind, Kind, NumberKind, Value, Widget } from "./types" */

import { ApiError, allowedText } from "./api.js";
import { errorText, h, icon } from "./dom.js";
import { decimalsOf, number, reading } from "./format.js";

let count = 0;

/** The field of a settable entity: name, widget, reset button, and the error of the last change. */
export class Field {
  /**
   * @param {EntityWithKind} entity
   * @param {(value: Value) => Promise<Value>} send Resolves to the value in effect, or rejects with an error that is shown.
   */
  constructor(entity, send) {
    this.entity = entity;
    this.id = `field-${++count}`;
    /** @type {Value} */
    this.value = undefined;
    this.sender = new Sender(send, (value) => this.onAccepted(value), (error) => this.onRefused(error));
    this.message = h("p", { class: "error", id: `${this.id}-error`, role: "alert" });
    this.output = h("output", { class: "value", for: this.id, "aria-live": "off" });
    this.reset = entity.default === null ? null : h("button", {
      type: "button", class: "reset", hidden: true, title: "Reset to default",
      "aria-label": `${entity.name}: reset to default`, onclick: () => this.change(entity.default),
    }, icon("undo"));
    this.widget = makeWidget(this);
    this.widget.input.id = this.id;
    this.widget.input.setAttribute("aria-describedby", this.message.id);
    const unit = this.widget.output ? null : entity.kind.unit;
    this.element = h("div", { class: `field ${this.widget.className}`, "data-key": entity.key },
      h("label", { for: this.id, class: "name" }, entity.name ?? entity.key, unit ? h("small", {}, ` ${unit}`) : null),
      h("span", { class: "side" }, this.reset, this.widget.output ? this.output : null),
      this.widget.element,
      this.message);
  }

  /**
   * The user has chosen a value.
   * @param {Value} value
   */
  change(value) {
    this.sender.push(value);
  }

  /**
   * Takes over what is being typed in the field that this one replaces.
   * @param {Field | undefined} field
   */
  inherit(field) {
    if (this.widget.keepsText && field) this.widget.input.value = field.widget.input.value;
  }

  /**
   * The state of the camera has this value.
   * @param {Value} value
   */
  update(value) {
    this.value = value;
    if (!this.sender.busy) this.show(value);
  }

  /**
   * @param {Value} value
   * @param {boolean} [settled]
   */
  show(value, settled = false) {
    this.widget.show(value, settled);
    this.output.textContent = reading(this.entity, value);
    if (this.reset) this.reset.hidden = same(value, this.entity.default);
  }

  /** @param {Value} value */
  onAccepted(value) {
    this.message.textContent = "";
    this.widget.input.removeAttribute("aria-invalid");
    this.value = value;
    this.show(value, true);
  }

  /** @param {unknown} error */
  onRefused(error) {
    const allowed = error instanceof ApiError ? allowedText(error.allowed) : "";
    this.message.textContent = allowed ? `${errorText(error)}. Allowed: ${allowed}` : errorText(error);
    this.widget.input.setAttribute("aria-invalid", "true");
    if (!this.widget.keepsText) this.show(this.value);
  }
}

/** Sends one value at a time, and skips all but the latest: a slider changes faster than a camera. */
class Sender {
  /**
   * @param {(value: Value) => Promise<Value>} send
   * @param {(value: Value) => void} onAccepted
   * @param {(error: unknown) => void} onRefused
   */
  constructor(send, onAccepted, onRefused) {
    this.send = send;
    this.onAccepted = onAccepted;
    this.onRefused = onRefused;
    this.busy = false;
    /** @type {Value} */
    this.waiting = undefined;
  }

  /** @param {Value} value */
  async push(value) {
    this.waiting = value;
    if (this.busy) return;
    this.busy = true;
    let report = () => {};
    while (this.waiting !== undefined) {
      const next = this.waiting;
      this.waiting = undefined;
      try {
        const accepted = await this.send(next);
        report = () => this.onAccepted(accepted);
      } catch (error) {
        report = () => this.onRefused(error);
      }
    }
    this.busy = false;
    report();
  }
}

/**
 * @param {Value} a
 * @param {Value} b
 */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * @param {Field} field
 * @returns {Widget}
 */
function makeWidget(field) {
  const { kind, options } = field.entity;
  switch (kind.type) {
    case "switch": return toggle(field);
    case "choice": return choice(field, kind);
    case "number":
    case "integer": return options.mode === "slider" ? slider(field, kind) : box(field, kind);
    default: return text(field, kind);
  }
}

/**
 * @param {Field} field
 * @returns {Widget}
 */
function toggle(field) {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => field.change(input.checked ? "ON" : "OFF") });
  return { className: "toggle", input, element: input, output: false, show: (value) => { input.checked = value === "ON"; } };
}

/**
 * @param {Field} field
 * @param {ChoiceKind} kind
 * @returns {Widget}
 */
function choice(field, kind) {
  const options = kind.allowed.map((name) => h("option", { value: name }, name));
  const input = h("select", { onchange: () => field.change(input.value) }, ...options);
  return {
    className: "choice", input, element: input, output: false,
    show: (value) => { input.value = value ?? ""; },
  };
}

/**
 * @param {Field} field
 * @param {NumberKind} kind
 * @returns {Widget}
 */
function slider(field, kind) {
  const step = field.entity.options.step ?? (kind.type === "integer" ? 1 : "any");
  let held = false;
  const input = h("input", {
    type: "range", min: kind.min, max: kind.max, step,
    oninput: () => { paint(); field.change(input.valueAsNumber); },
    onpointerdown: () => { held = true; },
    onpointerup: () => release(),
    onpointercancel: () => release(),
    ondblclick: () => { if (field.entity.default !== null) field.change(field.entity.default); },
  });
  const paint = () => {
    /** @param {number} value */
    const percent = (value) => (100 * (value - kind.min)) / (kind.max - kind.min || 1);
    const zero = percent(Math.min(Math.max(0, kind.min), kind.max));
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
 * @param {Field} field
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
 * @param {Field} field
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
  return {
    className, input, element: input, output: false, keepsText: true,
    show: (value, settled) => {
      const shown = asText(value ?? null);
      const left = document.activeElement !== input && (shown !== last || input.value === "");
      if (settled || left || input.value === last) input.value = shown;
      last = shown;
    },
  };
}
