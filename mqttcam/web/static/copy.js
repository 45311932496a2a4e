// The dialog that copies the values of a camera's controls to others. Loaded when it is opened.

/** @import { Camera, Entity, Value, Values } from "./types" */

import { cameras, setValues } from "./api.js";
import { errorText, h, iconButton, modal } from "./dom.js";

/**
 * What of a camera's values another one can take.
 * @typedef {{values: Values, titles: string[], refused: string[]}} Plan
 */

/**
 * Asks which values to copy, and where to, and copies them.
 * @param {Camera} camera
 * @param {Values} state Its values.
 */
export async function openCopy(camera, state) {
  const others = (await cameras()).cameras.filter(({ id }) => id !== camera.id);
  const source = copied(camera.entities, state);
  const groups = camera.groups.filter((name) => source.some(({ group }) => group === name));
  /** @type {Set<string>} */
  const chosen = new Set(groups);
  const targets = others.map((other) => new Target(other));
  const copy = h("button", { type: "button", class: "button", onclick: () => send() }, "Copy");
  const refresh = () => {
    for (const target of targets) target.plan(source.filter(({ group }) => chosen.has(group ?? "")), state);
    copy.disabled = !targets.some((target) => target.isChosen);
  };
  const send = async () => {
    copy.disabled = true;
    await Promise.all(targets.filter((target) => target.isChosen).map((target) => target.send()));
    copy.disabled = false;
  };
  const { dialog } = modal("copy", `Copy the controls of ${camera.name}`,
    h("header", { class: "drawerbar" }, h("h2", {}, `Copy the controls of ${camera.name}`), iconButton("close", "Close", () => dialog.close())),
    h("fieldset", {}, h("legend", { class: "name" }, "What"), ...groups.map((group) => choice(group, true, (on) => {
      if (on) chosen.add(group);
      else chosen.delete(group);
      refresh();
    }))),
    others.length
      ? h("fieldset", {}, h("legend", { class: "name" }, "Where to"), ...targets.map(({ element }) => element))
      : h("p", { class: "hint" }, "There is no other camera."),
    h("div", { class: "row end" }, copy));
  for (const target of targets) target.onchange = refresh;
  refresh();
}

/**
 * @param {string} text
 * @param {boolean} on
 * @param {(on: boolean) => void} onchange
 */
function choice(text, on, onchange) {
  const input = h("input", { type: "checkbox", checked: on, onchange: () => onchange(input.checked) });
  return h("label", { class: "check" }, input, text);
}

/** A camera that values can be copied to. */
class Target {
  /** @param {Camera} camera */
  constructor(camera) {
    this.camera = camera;
    this.isChosen = false;
    /** @type {Plan} */
    this.planned = { values: {}, titles: [], refused: [] };
    this.onchange = () => {};
    this.text = h("p", { class: "help" });
    this.missing = h("p", { class: "help" });
    this.result = h("p", { role: "status" });
    this.choice = choice(camera.name, false, (on) => {
      this.isChosen = on;
      this.onchange();
    });
    this.element = h("div", { class: "target", "data-camera": camera.id }, this.choice, this.text, this.missing, this.result);
  }

  /**
   * @param {Entity[]} source The entities to copy.
   * @param {Values} state
   */
  plan(source, state) {
    this.planned = planOf(source, state, this.camera.entities);
    const { titles, refused } = this.planned;
    const count = `Takes ${titles.length} of ${titles.length + refused.length} values`;
    this.text.textContent = this.isChosen && titles.length ? `${count}: ${titles.join(", ")}.` : `${count}.`;
    this.missing.textContent = this.isChosen && refused.length ? `Left out: ${refused.join(", ")}.` : "";
    this.result.textContent = "";
  }

  async send() {
    const { values, titles } = this.planned;
    if (!titles.length) return;
    try {
      await setValues(this.camera.id, values);
      this.tell(`${titles.length === 1 ? "One value" : `${titles.length} values`} copied`, "done");
    } catch (error) {
      this.tell(`Nothing was changed: ${errorText(error)}`, "error");
    }
  }

  /**
   * @param {string} text
   * @param {string} className
   */
  tell(text, className) {
    this.result.className = className;
    this.result.textContent = text;
  }
}

/**
 * The entities of a camera that can be copied: its controls and what else has a configured value, as far as they have a
 * value of their own now. A value that the camera chooses follows from the control that says so.
 * @param {Entity[]} entities
 * @param {Values} state
 */
function copied(entities, state) {
  return entities.filter(({ key, settable, control, reset, group, automatic, requires }) => {
    if (!settable || (!control && reset === null) || group === "For experts") return false;
    if (state[key] === null || state[key] === undefined) return false;
    if (automatic && automatic.key !== key && automatic.values.includes(state[automatic.key])) return false;
    return !requires || requires.values.includes(state[requires.key]);
  });
}

/**
 * @param {Entity[]} source
 * @param {Values} state
 * @param {Entity[]} entities Those of the other camera.
 * @returns {Plan}
 */
function planOf(source, state, entities) {
  /** @type {Plan} */
  const plan = { values: {}, titles: [], refused: [] };
  for (const { key, title } of source) {
    const other = entities.find((one) => one.key === key && one.settable);
    const why = other ? whyNot(other, state[key]) : "not available";
    if (why) plan.refused.push(`${title} (${why})`);
    else {
      plan.values[key] = state[key];
      plan.titles.push(title ?? key);
    }
  }
  return plan;
}

/**
 * Why a control does not take a value; empty if it does. The camera itself checks it again.
 * @param {Entity} entity
 * @param {Value} value
 * @returns {string}
 */
function whyNot({ kind, automatic }, value) {
  switch (kind?.type) {
    case "number":
    case "integer": {
      if (automatic?.values.includes(value)) return "";
      if (typeof value !== "number") return "needs a number";
      return value >= kind.min && value <= kind.max ? "" : `allowed: ${kind.min} to ${kind.max}`;
    }
    case "switch":
    case "choice": return kind.allowed.includes(value) ? "" : `${value} is not available`;
    case "rectangle": return isWithin(kind.bounds, value) ? "" : "outside the picture";
    case "vector": return value.length === kind.length ? "" : `needs ${kind.length} values`;
    default: return "";
  }
}

/**
 * @param {import("./types").Rectangle} bounds
 * @param {Value} box
 */
const isWithin = (bounds, box) => Array.isArray(box) && box.length === 4 && box[0] >= bounds[0] && box[1] >= bounds[1]
  && box[0] + box[2] <= bounds[0] + bounds[2] && box[1] + box[3] <= bounds[1] + bounds[3];
