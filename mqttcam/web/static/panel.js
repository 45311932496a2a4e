// The panel beside a camera's picture, built from its entities. Unchanged parts are kept, with what was typed in them.

/** @import { Camera, CameraState, Entity, EntityWithKind, RectangleKind, Values } from "./types" */

import { About } from "./about.js";
import { Actions } from "./actions.js";
import { setValues } from "./api.js";
import { arrange, confirmed, errorText, h, toast } from "./dom.js";
import { Field } from "./fields.js";
import { reading } from "./format.js";
import { Group } from "./group.js";
import { Search, searchText } from "./search.js";
import { WindowTool } from "./window.js";

/** More fields than these get a search box. */
const SEARCHED = 12;
/** More fields than these begin closed, but for the first group. */
const CLOSED = 20;
const ALWAYS_CLOSED = ["For experts", "Diagnostics"];
/** States that a switch shows as well. */
const SWITCHED = ["running", "stopped"];

/** @typedef {(name: string, values: Values, onError: (text: string) => void) => Promise<boolean>} RunCommand */

/**
 * What shows one entity.
 * @typedef {object} Part
 * @property {"fields" | "readings" | "buttons"} place Where in its group it is.
 * @property {HTMLElement} element
 * @property {HTMLElement} input What takes the focus.
 * @property {(live: CameraState) => void} update
 * @property {string} [text] What it can be found by.
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
    /** @type {Map<string, Group>} */
    this.groups = new Map();
    /** @type {CameraState | null} */
    this.live = null;
    this.search = new Search(() => this.applySearch());
    this.off = h("p", { class: "hint", hidden: true }, "The camera is off: its controls work when it is on again.");
    this.head = h("div", { class: "panelhead" }, this.search.input, this.search.nothing);
    this.actions = mayControl ? new Actions(this) : null;
    this.about = new About();
    this.hint = mayControl ? null : h("p", { class: "hint" }, "You can view this camera, but not change anything.");
    this.element = h("div", { class: "panel" });
    this.adopt(camera);
  }

  /**
   * Adds what belongs to a group below its fields.
   * @param {string} name Of the group.
   * @param {HTMLElement} element
   */
  add(name, element) {
    this.group(name).extra = element;
    this.adopt(this.camera);
  }

  /** @param {CameraState} live */
  update(live) {
    this.live = live;
    for (const part of this.parts.values()) part.update(live);
    for (const group of this.groups.values()) group.update();
    this.actions?.update(live);
    this.off.hidden = live.status !== "off" || !this.mayControl;
  }

  /**
   * Takes over a new description of the camera.
   * @param {Camera} camera
   */
  adopt(camera) {
    this.camera = camera;
    this.about.adopt(camera);
    this.actions?.adopt(camera);
    const old = this.parts;
    const active = document.activeElement;
    const focused = [...old].find(([, { element }]) => element.contains(active));
    this.parts = new Map();
    const shown = camera.entities.filter((entity) => this.isShown(entity));
    const fields = shown.filter(({ settable }) => settable).length;
    const names = [...new Set([...camera.groups, ...this.groups.keys()])];
    for (const name of names) this.group(name, fields);
    for (const group of this.groups.values()) {
      group.show(shown.filter((entity) => entity.group === group.name).map((entity) => this.part(entity, group, old)));
    }
    for (const [key, part] of old) if (this.parts.get(key) !== part) part.tool?.leave();
    this.search.input.hidden = fields <= SEARCHED && !this.search.input.value;
    const [first, ...others] = names.map((name) => this.group(name).element);
    const all = [this.hint, this.head, this.off, first, this.actions?.element, ...others, this.about.element];
    arrange(this.element, all.filter((element) => element !== null && element !== undefined));
    this.applySearch();
    if (focused && active) this.refocus(active, focused[1], this.parts.get(focused[0]));
  }

  /**
   * Whether the panel shows an entity. Those who may change presets have a field for them, and the button for a snapshot is on the picture.
   * @param {Entity} entity
   */
  isShown({ key, platform, kind, command }) {
    if (key === "snapshot" || (this.actions && command === "preset")) return false;
    if (platform === "sensor" && this.find(`${key}_on`)) return false; // the switch of the series shows its state
    return platform !== "camera" && platform !== "image" && Boolean(kind || command);
  }

  /** @param {string} key Of an entity. */
  find(key) {
    return this.camera.entities.find((entity) => entity.key === key);
  }

  /**
   * The group of a name; a new one is open unless there is much to show.
   * @param {string} name
   * @param {number} [fields] How many the camera has.
   */
  group(name, fields = 0) {
    const known = this.groups.get(name);
    if (known) return known;
    const group = new Group(name, this.mayControl ? (values) => this.set(values) : null);
    group.begin(!ALWAYS_CLOSED.includes(name) && (fields <= CLOSED || this.groups.size === 0));
    this.groups.set(name, group);
    return group;
  }

  /**
   * Sets several values at once, and says so if they are refused.
   * @param {Values} values
   * @returns {Promise<boolean>} Whether they were set.
   */
  async set(values) {
    try {
      await setValues(this.camera.id, values);
      return true;
    } catch (error) {
      toast(errorText(error), "error");
      return false;
    }
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
   * @param {Group} group
   * @param {Map<string, Part & {key: string}>} old
   */
  part(entity, group, old) {
    const key = JSON.stringify(entity);
    const before = old.get(entity.key);
    const part = before?.key === key ? before : { key, text: searchText(entity), ...this.make(entity, group) };
    if (part !== before && this.live) part.update(this.live);
    part.tool?.adopt(this.camera.entities);
    this.parts.set(entity.key, part);
    return part;
  }

  /**
   * @param {Entity} entity
   * @param {Group} group
   * @returns {Part}
   */
  make(entity, group) {
    const { command, kind } = entity;
    if (entity.settable && kind) return this.makeField({ ...entity, kind });
    if (command && !kind) return this.makeButton(entity, command, group.error);
    return this.makeReading(entity);
  }

  /**
   * @param {EntityWithKind} entity
   * @returns {Part}
   */
  makeField(entity) {
    const field = new Field(entity, async (values) => (await setValues(this.camera.id, values)).changed, this.mayControl);
    const isRectangle = entity.kind.type === "rectangle" && this.mayControl;
    const tool = isRectangle ? new WindowTool(this.stage, field, /** @type {RectangleKind} */ (entity.kind)) : null;
    const stated = entity.key.endsWith("_on") ? this.find(entity.key.slice(0, -"_on".length)) : undefined;
    const state = h("span", { class: "value" });
    if (stated) field.element.querySelector(".side")?.append(state);
    return {
      place: "fields", element: field.element, input: field.widget.input, field, tool,
      update: (live) => {
        field.update(live.state);
        tool?.update(live);
        const value = stated && live.state[stated.key];
        state.textContent = SWITCHED.includes(value) ? "" : value ?? "";
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
    const button = h("button", {
      type: "button", class: "button quiet", disabled: !this.mayControl, "data-key": entity.key, title: entity.description, onclick: press,
    }, entity.name);
    return { place: "buttons", element: button, input: button, update: () => {} };
  }

  /**
   * @param {Entity} entity
   * @returns {Part}
   */
  makeReading(entity) {
    const output = h("dd", {}, reading(entity, null));
    const element = h("div", { "data-key": entity.key, title: entity.description }, h("dt", {}, entity.title ?? entity.name), output);
    return { place: "readings", element, input: element, update: (live) => { output.textContent = reading(entity, live.state[entity.key]); } };
  }

  /** Shows what the search finds, or everything. */
  applySearch() {
    const { words } = this.search;
    const matches = words.length ? (/** @type {Part} */ { text = "" }) => words.every((word) => text.includes(word)) : null;
    let count = 0;
    for (const group of this.groups.values()) count += group.filter(matches);
    this.search.tell(count);
    if (this.actions) this.actions.element.hidden = matches !== null;
  }
}
