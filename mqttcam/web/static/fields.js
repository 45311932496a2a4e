// One widget for each kind of value. Nothing is known here of any one control: kind and options come from the API.

import { allowedText } from "./api.js";
import { h, icon } from "./dom.js";
import { decimalsOf, number, reading } from "./format.js";

let count = 0;

/**
 * The field of a settable entity.
 * `send(value)` resolves to the value in effect, or rejects with why not; the reason is shown here, at the field.
 */
export class Field {
  constructor(entity, send) {
    this.entity = entity;
    this.id = `field-${++count}`;
    this.value = undefined;
    this.sender = new Sender(send, (value) => this.accepted(value), (error) => this.refused(error));
    this.message = h("p", { class: "error", id: `${this.id}-error`, role: "alert" });
    this.output = h("output", { class: "value", for: this.id, "aria-live": "off" });
    this.reset = entity.default === null ? null : h("button", {
      type: "button", class: "reset", hidden: true, title: "Back to the default",
      "aria-label": `${entity.name}: back to the default`, onclick: () => this.change(entity.default),
    }, icon("undo"));
    this.widget = makeWidget(this);
    this.widget.input.id = this.id;
    this.widget.input.setAttribute("aria-describedby", this.message.id);
    const unit = this.widget.output ? null : entity.kind.unit;
    this.element = h("div", { class: `field ${this.widget.className}`, "data-key": entity.key },
      h("label", { for: this.id, class: "name" }, entity.name ?? entity.key, unit && h("small", {}, ` ${unit}`)),
      h("span", { class: "side" }, this.reset, this.widget.output ? this.output : null),
      this.widget.element,
      this.message);
  }

  /** What the person asks for. */
  change(value) {
    this.sender.push(value);
  }

  /** Takes what is being typed in the field that this one replaces. */
  inherit(field) {
    if (this.widget.keepsText && field) this.widget.input.value = field.widget.input.value;
  }

  /** The state has this value now. */
  update(value) {
    this.value = value;
    if (!this.sender.busy) this.show(value);
  }

  show(value, settled = false) {
    this.widget.show(value, settled);
    this.output.textContent = reading(this.entity, value);
    if (this.reset) this.reset.hidden = same(value, this.entity.default);
  }

  accepted(value) {
    this.message.textContent = "";
    this.widget.input.removeAttribute("aria-invalid");
    this.value = value;
    this.show(value, true);
  }

  refused(error) {
    const allowed = allowedText(error.allowed);
    this.message.textContent = allowed ? `${error.message}. Allowed: ${allowed}` : error.message;
    this.widget.input.setAttribute("aria-invalid", "true");
    if (!this.widget.keepsText) this.show(this.value);
  }
}

/** Sends the latest value only, one at a time: a slider gives more than a camera takes. */
class Sender {
  constructor(send, accepted, refused) {
    Object.assign(this, { send, accepted, refused, busy: false, waiting: undefined });
  }

  async push(value) {
    this.waiting = value;
    if (this.busy) return;
    this.busy = true;
    let outcome = () => {};
    while (this.waiting !== undefined) {
      const next = this.waiting;
      this.waiting = undefined;
      try {
        const taken = await this.send(next);
        outcome = () => this.accepted(taken);
      } catch (error) {
        outcome = () => this.refused(error);
      }
    }
    this.busy = false;
    outcome();
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

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

function toggle(field) {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => field.change(input.checked ? "ON" : "OFF") });
  return { className: "toggle", input, element: input, output: false, show: (value) => { input.checked = value === "ON"; } };
}

function choice(field, kind) {
  const options = kind.allowed.map((name) => h("option", { value: name }, name));
  const input = h("select", { onchange: () => field.change(input.value) }, ...options);
  return {
    className: "choice", input, element: input, output: false,
    show: (value) => { input.value = value ?? ""; },
  };
}

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
    const part = (value) => (100 * (value - kind.min)) / (kind.max - kind.min || 1);
    const zero = part(Math.min(Math.max(0, kind.min), kind.max));
    const here = part(input.valueAsNumber);
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
  const show = (value) => {
    input.classList.toggle("unknown", value === null || value === undefined);
    if (held || typeof value !== "number") return;
    input.value = value;
    paint();
  };
  return { className: "slider", input, element: input, output: true, show };
}

function box(field, kind) {
  const input = h("input", {
    type: "number", min: kind.min, max: kind.max, step: field.entity.options.step ?? "any", inputmode: "decimal",
    onchange: () => field.change(input.value === "" ? "" : input.valueAsNumber),
  });
  return typed(field, input, "box", (value) => (value === null ? "" : String(value)));
}

const PLACEHOLDERS = {
  vector: (kind) => `${kind.length} numbers, such as 1, 2`,
  rectangle: () => "x, y, width, height",
};

function text(field, kind) {
  const input = h("input", {
    type: "text", autocomplete: "off", spellcheck: "false", maxlength: kind.max_length ?? null,
    placeholder: PLACEHOLDERS[kind.type]?.(kind) ?? null,
    onchange: () => field.change(input.value),
  });
  return typed(field, input, "text", (value) => (Array.isArray(value) ? value.join(", ") : (value ?? "")));
}

/** A field to type in: what the person is typing is never overwritten, and what was refused stays to be mended. */
function typed(field, input, className, asText) {
  let last = "";
  return {
    className, input, element: input, output: false, keepsText: true,
    show: (value, settled) => {
      const text = asText(value ?? null);
      const left = document.activeElement !== input && (text !== last || input.value === "");
      if (settled || left || input.value === last) input.value = text;
      last = text;
    },
  };
}
