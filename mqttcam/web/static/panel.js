// The panel beside a camera's picture, built from its entities. Unchanged parts are kept, with what was typed in them.

/** @import { Camera, CameraState, Entity, EntityWithKind, RectangleKind, Values } from "./types" */

import { About } from "./about.js";
import { setValues } from "./api.js";
import { arrange, confirmed, h, toast } from "./dom.js";
import { Field } from "./fields.js";
import { reading } from "./format.js";
import { WindowTool } from "./window.js";

const FILTER_ABOVE = 12;

/** @typedef {(name: string, values: Values, onError: (text: string) => void) => Promise<boolean>} RunCommand */

/**
 * What shows one entity.
 * @typedef {object} Part
 * @property {"fields" | "readings" | "buttons"} place Where in its card it is.
 * @property {HTMLElement} element
 * @property {HTMLElement} input What takes the focus.
 * @property {(live: CameraState) => void} update
 * @property {Field} [field]
 * @property {WindowTool | null} [tool]
 */

export class Panel {
  /**
   * @param {Camera} camera
   * @param {boolean} mayControl
   * @param {import("./stage.js").Stage} stage
   * @param {RunCommand} run Runs a command; resolves to whether it succeeded.
   */
  constructor(camera, mayControl, stage, run) {
    this.camera = camera;
    this.mayControl = mayControl;
    this.stage = stage;
    this.run = run;
    /** @type {Map<string, Part & {key: string}>} */
    this.parts = new Map();
    this.list = h("div", { class: "fields" });
    this.filter = h("input", { type: "search", class: "filter", placeholder: "Find a control", "aria-label": "Find a control", oninput: () => this.applyFilter() });
    const raw = h("div", { class: "fields" });
    // Rectangles can be drawn on the picture, and are not raw numbers for that reason.
    /** @param {Entity} entity */
    const isRaw = ({ kind, options }) => options.enabled_by_default === false && kind?.type !== "rectangle";
    // Home Assistant files the switches of the camera itself and of its outputs under "Configuration".
    /** @param {Entity} entity */
    const isMain = ({ platform, category, control }) => platform === "switch" && category === "config" && !control;
    this.cards = [
      new Card((entity) => entity.category === null || isMain(entity), h("section", { class: "card" }, h("h2", {}, "Camera"))),
      new Card((entity) => entity.category === "config" && !isRaw(entity) && !isMain(entity),
        h("section", { class: "card" }, h("h2", {}, "Controls"), this.filter, this.list), this.list),
      new Card((entity) => entity.category === "config" && isRaw(entity),
        h("details", { class: "card" }, h("summary", {}, "Raw controls"), raw), raw),
      new Card(({ category }) => category === "diagnostic", h("details", { class: "card" }, h("summary", {}, "Diagnostics"))),
    ];
    this.about = new About();
    this.element = h("div", { class: "panel" },
      mayControl ? null : h("p", { class: "hint" }, "You can view this camera, but not change anything."),
      ...this.cards.map(({ element }) => element), this.about.element);
    this.adopt(camera);
  }

  /**
   * Adds a card below the first one.
   * @param {HTMLElement} element
   */
  add(element) {
    this.cards[0].element.after(element);
  }

  /** @param {CameraState} live */
  update(live) {
    for (const part of this.parts.values()) part.update(live);
  }

  /**
   * Takes over a new description of the camera.
   * @param {Camera} camera
   */
  adopt(camera) {
    this.camera = camera;
    this.about.adopt(camera);
    const old = this.parts;
    const active = document.activeElement;
    const focused = [...old].find(([, { element }]) => element.contains(active));
    this.parts = new Map();
    const shown = camera.entities.filter(({ platform, kind, command }) => platform !== "camera" && platform !== "image" && (kind || command));
    for (const card of this.cards) card.show(shown.filter(card.contains).map((entity) => this.part(entity, card, old)));
    for (const [key, part] of old) if (this.parts.get(key) !== part) part.tool?.leave();
    this.filter.hidden = this.list.children.length <= FILTER_ABOVE && !this.filter.value;
    this.applyFilter();
    if (focused && active) this.refocus(active, focused[1], this.parts.get(focused[0]));
  }

  /**
   * Returns the focus to where it was, or to what replaced that.
   * @param {Element} active
   * @param {Part} before
   * @param {Part | undefined} now
   */
  refocus(active, before, now) {
    if (!now || document.activeElement === active) return;
    if (now !== before) now.field?.inherit(before.field);
    const target = now === before ? /** @type {HTMLElement} */ (active) : now.input;
    target.focus({ preventScroll: true });
  }

  /**
   * The part of an entity; the old one if the entity has not changed.
   * @param {Entity} entity
   * @param {Card} card
   * @param {Map<string, Part & {key: string}>} old
   */
  part(entity, card, old) {
    const key = JSON.stringify([this.cards.indexOf(card), entity]);
    const before = old.get(entity.key);
    const part = before?.key === key ? before : { key, ...this.make(entity, card) };
    part.tool?.adopt(this.camera.entities);
    this.parts.set(entity.key, part);
    return part;
  }

  /**
   * @param {Entity} entity
   * @param {Card} card
   * @returns {Part}
   */
  make(entity, card) {
    const { command, kind } = entity;
    if (entity.settable && kind) return this.makeField({ ...entity, kind });
    if (command && !kind) return this.makeButton(entity, command, card.error);
    return this.makeReading(entity);
  }

  /**
   * @param {EntityWithKind} entity
   * @returns {Part}
   */
  makeField(entity) {
    const field = new Field(entity, async (value) => (await setValues(this.camera.id, { [entity.key]: value })).changed[entity.key]);
    field.widget.input.disabled = !this.mayControl;
    if (field.reset && !this.mayControl) field.reset.remove();
    const isRectangle = entity.kind.type === "rectangle" && this.mayControl;
    const tool = isRectangle ? new WindowTool(this.stage, field, /** @type {RectangleKind} */ (entity.kind)) : null;
    return {
      place: "fields", element: field.element, input: field.widget.input, field, tool,
      update: (live) => {
        field.update(live.state[entity.key]);
        tool?.update(live);
      },
    };
  }

  /**
   * @param {Entity} entity
   * @param {string} command
   * @param {HTMLElement} error Where to show why the command failed.
   * @returns {Part}
   */
  makeButton(entity, command, error) {
    const press = async () => {
      if (entity.options.device_class === "restart" && !(await confirmed(`${entity.name}?`, "Yes"))) return;
      error.textContent = "";
      const done = await this.run(command, entity.arguments, (text) => { error.textContent = `${entity.name}: ${text}`; });
      if (done) toast(`${entity.name}: done`);
    };
    const button = h("button", { type: "button", class: "button quiet", disabled: !this.mayControl, "data-key": entity.key, onclick: press }, entity.name);
    return { place: "buttons", element: button, input: button, update: () => {} };
  }

  /**
   * @param {Entity} entity
   * @returns {Part}
   */
  makeReading(entity) {
    const output = h("dd", {}, reading(entity, null));
    const element = h("div", { "data-key": entity.key }, h("dt", {}, entity.name), output);
    return { place: "readings", element, input: element, update: (live) => { output.textContent = reading(entity, live.state[entity.key]); } };
  }

  /** Shows the controls whose name contains the text of the filter. */
  applyFilter() {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const child of this.list.children) child.toggleAttribute("hidden", !child.textContent?.toLowerCase().includes(wanted));
  }
}

/** A card with some of the entities: fields, then readings, then buttons and the error of the last command. */
class Card {
  /**
   * @param {(entity: Entity) => boolean} contains Which entities are in it.
   * @param {HTMLElement} element
   * @param {HTMLElement} [body] Where they are added, below what is in there already.
   */
  constructor(contains, element, body = element) {
    this.contains = contains;
    this.element = element;
    this.body = body;
    this.head = [...body.children];
    this.readings = h("dl", { class: "readings" });
    this.buttons = h("div", { class: "row" });
    this.error = h("p", { class: "error", role: "alert" });
  }

  /** @param {Part[]} parts */
  show(parts) {
    /** @param {Part["place"]} wanted */
    const of = (wanted) => parts.filter(({ place }) => place === wanted).map(({ element }) => element);
    const [fields, readings, buttons] = [of("fields"), of("readings"), of("buttons")];
    arrange(this.readings, readings);
    arrange(this.buttons, buttons);
    const below = [...(readings.length ? [this.readings] : []), ...(buttons.length ? [this.buttons, this.error] : [])];
    arrange(this.body, [...this.head, ...fields, ...below]);
    this.element.hidden = parts.length === 0;
  }
}
