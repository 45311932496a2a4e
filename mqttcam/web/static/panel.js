// The panel beside a camera's picture, made from its entities. What has not changed stays as it is, with what was typed.

import { setValues } from "./api.js";
import { arrange, confirmed, h, toast } from "./dom.js";
import { Field } from "./fields.js";
import { reading } from "./format.js";
import { WindowTool } from "./window.js";

const MANY = 12;

export class Panel {
  /** `give(name, values, refused)` gives a command; whether it was carried out. */
  constructor(camera, mayChange, stage, give) {
    Object.assign(this, { camera, mayChange, stage, give, pieces: new Map() });
    this.list = h("div", { class: "fields" });
    this.filter = h("input", { type: "search", class: "filter", placeholder: "Find a control", "aria-label": "Find a control", oninput: () => this.choose() });
    const raw = h("div", { class: "fields" });
    // A window is drawn on the picture: nobody need know its numbers.
    const isRaw = ({ kind, options }) => options.enabled_by_default === false && kind?.type !== "rectangle";
    this.groups = [
      new Group(({ category }) => category === null, h("section", { class: "card" }, h("h2", {}, "Camera"))),
      new Group((entity) => entity.category === "config" && !isRaw(entity),
        h("section", { class: "card" }, h("h2", {}, "Controls"), this.filter, this.list), this.list),
      new Group((entity) => entity.category === "config" && isRaw(entity),
        h("details", { class: "card" }, h("summary", {}, "Raw controls"), raw), raw),
      new Group(({ category }) => category === "diagnostic", h("details", { class: "card" }, h("summary", {}, "Diagnostics"))),
    ];
    this.element = h("div", { class: "panel" },
      mayChange ? null : h("p", { class: "hint" }, "You may look at everything here, and change nothing."),
      ...this.groups.map(({ element }) => element));
    this.adopt(camera);
  }

  update(live) {
    for (const piece of this.pieces.values()) piece.update(live);
  }

  /** The entities that there are now. */
  adopt(camera) {
    this.camera = camera;
    const old = this.pieces;
    const active = document.activeElement;
    const held = [...old].find(([, { element }]) => element.contains(active));
    this.pieces = new Map();
    const shown = camera.entities.filter(({ platform, kind, command }) => platform !== "camera" && platform !== "image" && (kind || command));
    for (const group of this.groups) group.hold(shown.filter(group.holds).map((entity) => this.piece(entity, group, old)));
    for (const [key, piece] of old) if (this.pieces.get(key) !== piece) piece.tool?.leave();
    this.filter.hidden = this.list.children.length <= MANY && !this.filter.value;
    this.choose();
    if (held) this.refocus(active, held[1], this.pieces.get(held[0]));
  }

  /** The keys go on where they were, in what has come in its place. */
  refocus(active, before, now) {
    if (!now || document.activeElement === active) return;
    if (now !== before) now.field?.inherit(before.field);
    (now === before ? active : now.input).focus({ preventScroll: true });
  }

  /** The entity's piece; the old one, if the entity is as it was. */
  piece(entity, group, old) {
    const made = JSON.stringify([this.groups.indexOf(group), entity]);
    const before = old.get(entity.key);
    const piece = before?.made === made ? before : { made, ...this.make(entity, group) };
    piece.tool?.know(this.camera.entities);
    this.pieces.set(entity.key, piece);
    return piece;
  }

  make(entity, group) {
    if (entity.settable && entity.kind) return this.makeField(entity);
    if (entity.command && !entity.kind) return this.makeButton(entity, group.refusal);
    return this.makeReading(entity);
  }

  makeField(entity) {
    const field = new Field(entity, async (value) => (await setValues(this.camera.id, { [entity.key]: value })).changed[entity.key]);
    field.widget.input.disabled = !this.mayChange;
    if (field.reset && !this.mayChange) field.reset.remove();
    const tool = entity.kind.type === "rectangle" && this.mayChange ? new WindowTool(this.stage, field) : null;
    const update = (live) => {
      field.update(live.state[entity.key]);
      tool?.update(live);
    };
    return { place: "fields", element: field.element, input: field.widget.input, field, tool, update };
  }

  makeButton(entity, refusal) {
    const careful = entity.options.device_class === "restart";
    const press = async () => {
      if (careful && !(await confirmed(`${entity.name}?`, "Yes"))) return;
      refusal.textContent = "";
      const refused = (text) => { refusal.textContent = `${entity.name}: ${text}`; };
      if (await this.give(entity.command, entity.arguments, refused)) toast(`${entity.name}: done`);
    };
    const button = h("button", { type: "button", class: "button quiet", disabled: !this.mayChange, "data-key": entity.key, onclick: press }, entity.name);
    return { place: "buttons", element: button, input: button, update: () => {} };
  }

  makeReading(entity) {
    const output = h("dd", {}, reading(entity, null));
    const element = h("div", { "data-key": entity.key }, h("dt", {}, entity.name), output);
    return { place: "readings", element, input: element, update: (live) => { output.textContent = reading(entity, live.state[entity.key]); } };
  }

  /** Shows the controls that are looked for. */
  choose() {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const child of this.list.children) child.hidden = !child.textContent.toLowerCase().includes(wanted);
  }
}

/** A card and the entities in it: fields, then readings, then buttons and why a command was refused. */
class Group {
  /** `holds` says which entities are in it; `holder` is where they go, below what stands there already. */
  constructor(holds, element, holder = element) {
    Object.assign(this, { holds, element, holder, head: [...holder.children] });
    this.readings = h("dl", { class: "readings" });
    this.buttons = h("div", { class: "row" });
    this.refusal = h("p", { class: "error", role: "alert" });
  }

  hold(pieces) {
    const of = (wanted) => pieces.filter(({ place }) => place === wanted).map(({ element }) => element);
    const [fields, readings, buttons] = [of("fields"), of("readings"), of("buttons")];
    arrange(this.readings, readings);
    arrange(this.buttons, buttons);
    const below = [...(readings.length ? [this.readings] : []), ...(buttons.length ? [this.buttons, this.refusal] : [])];
    arrange(this.holder, [...this.head, ...fields, ...below]);
    this.element.hidden = pieces.length === 0;
  }
}
