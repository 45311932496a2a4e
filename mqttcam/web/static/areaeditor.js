// The editor of zones, masks and privacy areas: the list beside the picture. Loaded when it is opened.

/** @import { Camera } from "./types" */
/** @typedef {import("./areas.js").Area} Area */

import { ApiError, allowedText, areas as load, command } from "./api.js";
import { area, asCommand, asList, asYaml } from "./areas.js";
import { confirmed, errorText, h, iconButton, loadStyle, toast } from "./dom.js";
import { Polygons } from "./polygons.js";

await loadStyle("areas");

const HELP = "Drag an area or its corners. Drag a small dot to add a corner, double-click a corner to remove it. "
  + "With the keyboard: Tab selects a corner, the arrow keys move it, Enter adds one, Delete removes it.";
const NO_MOTION = "Zones and masks need motion detection: add “motion: true” to this camera in the configuration.";
const PRIVACY = "Privacy areas take effect only from the configuration file, so that nobody who can control the camera can uncover them: "
  + "copy the lines below into it, and reload.";
const MOST_ZONES = 20;
const MOST = 50;
const TITLES = { zone: "Zone", mask: "Mask", privacy: "Privacy area" };

export class AreaEditor {
  /**
   * @param {Camera} camera
   * @param {import("./stage.js").Stage} stage
   * @param {boolean} hasMotion
   */
  constructor(camera, stage, hasMotion) {
    this.camera = camera;
    this.hasMotion = hasMotion;
    /** @type {Area[]} */
    this.areas = [];
    /** @type {Area | null} */
    this.selected = null;
    /** What was loaded or saved last: the zones and masks, and all areas. */
    this.saved = { command: "", yaml: "" };
    this.saving = false;
    /** @type {Map<Area, Row>} */
    this.rows = new Map();
    this.polygons = new Polygons(stage, () => this.changed(), (chosen) => this.select(chosen));
    this.list = h("ul", { class: "arealist" });
    this.error = h("p", { class: "error", role: "alert" });
    this.adders = ["zone", "mask", "privacy"].map((kind) => this.adder(/** @type {Area["kind"]} */ (kind)));
    this.save = h("button", { type: "button", class: "button", onclick: () => this.store() }, "Save");
    this.discard = h("button", { type: "button", class: "button quiet", onclick: () => this.load() }, "Discard");
    this.reset = h("button", { type: "button", class: "button quiet", hidden: true, onclick: () => this.resetToFile() }, "Back to the configuration");
    this.privacy = h("p", { class: "hint", hidden: true }, PRIVACY);
    this.yaml = h("textarea", { class: "yaml", readonly: true, rows: 9, spellcheck: "false", wrap: "off", "aria-label": "The areas for the configuration file" });
    this.lines = h("details", { class: "lines" }, h("summary", {}, "For the configuration file"), this.yaml,
      h("button", { type: "button", class: "button quiet", onclick: () => this.copy() }, "Copy"));
    this.element = h("div", { class: "areaeditor", role: "group", "aria-label": "Zones and masks" },
      h("p", { class: "hint" }, HELP), hasMotion ? null : h("p", { class: "hint" }, NO_MOTION),
      this.list, h("div", { class: "row" }, ...this.adders), this.error,
      h("div", { class: "row" }, this.save, this.discard, this.reset), this.privacy, this.lines);
    this.load();
  }

  /** @param {Area["kind"]} kind */
  adder(kind) {
    const needsMotion = kind !== "privacy" && !this.hasMotion;
    return h("button", { type: "button", class: "button quiet", hidden: needsMotion, "data-add": kind, onclick: () => this.add(kind) }, `Add ${TITLES[kind].toLowerCase()}`);
  }

  get isChanged() {
    return this.yamlText() !== this.saved.yaml;
  }

  remove() {
    this.polygons.remove();
    this.element.remove();
  }

  /** The camera or its areas have changed: shows these unless they are being changed here. */
  refresh() {
    if (!this.isChanged && !this.saving) this.load();
  }

  async load() {
    try {
      const found = await load(this.camera.id);
      this.areas = asList(found);
      this.reset.hidden = found.from_configuration;
      this.error.textContent = "";
    } catch (error) {
      this.error.textContent = errorText(error);
      return;
    }
    this.selected = this.areas[0] ?? null;
    this.saved = { command: this.commandText(), yaml: this.yamlText() };
    this.show();
  }

  yamlText() {
    return asYaml(this.camera.id, this.areas, this.hasMotion);
  }

  commandText() {
    return JSON.stringify(asCommand(this.areas));
  }

  /** Shows the areas, after there are others. */
  show() {
    this.rows = new Map(this.areas.map((one) => [one, this.rows.get(one) ?? new Row(one, this)]));
    this.list.replaceChildren(...[...this.rows.values()].map(({ element }) => element));
    this.polygons.show(this.areas, this.selected);
    this.changed();
  }

  /** Shows what follows from the areas, after one of them has changed. */
  changed() {
    for (const [one, row] of this.rows) row.show(this.polygons.colour(one), one === this.selected, this.polygons.title(one));
    this.yaml.value = this.yamlText();
    this.save.disabled = this.saving || this.commandText() === this.saved.command;
    this.discard.disabled = this.saving || !this.isChanged;
    /** @param {Area["kind"]} kind */
    const count = (kind) => this.areas.filter((one) => one.kind === kind).length;
    for (const button of this.adders) {
      const kind = /** @type {Area["kind"]} */ (button.dataset.add);
      button.disabled = count(kind) >= (kind === "zone" ? MOST_ZONES : MOST);
    }
    this.privacy.hidden = !count("privacy") && !this.saved.yaml.includes("privacy:\n");
  }

  /** @param {Area} chosen */
  select(chosen) {
    this.selected = chosen;
    this.polygons.show(this.areas, chosen);
    this.changed();
  }

  /** @param {Area["kind"]} kind */
  add(kind) {
    const names = new Set(this.areas.map(({ name }) => name));
    let number = 1;
    while (names.has(`zone_${number}`)) number += 1;
    const added = area(kind, [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]], kind === "zone" ? `zone_${number}` : "");
    this.areas = inOrder([...this.areas, added]);
    this.selected = added;
    this.show();
    this.rows.get(added)?.focus();
  }

  /** @param {Area} area_ */
  delete(area_) {
    this.areas = this.areas.filter((one) => one !== area_);
    if (this.selected === area_) this.selected = this.areas[0] ?? null;
    this.show();
    (this.rows.get(/** @type {Area} */ (this.selected)) ?? { focus: () => this.adders.find(({ hidden }) => !hidden)?.focus() }).focus();
  }

  /** Has the zones and masks take effect. */
  async store() {
    const names = this.areas.filter(({ kind }) => kind === "zone").map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      this.error.textContent = `There are two zones with the name ${twice}.`;
      return;
    }
    await this.send("set_zones", asCommand(this.areas));
  }

  async resetToFile() {
    if (await confirmed("Return to the zones and masks of the configuration file?", "Return")) await this.send("reset_zones");
  }

  /**
   * @param {string} name Of the command.
   * @param {object} [values]
   */
  async send(name, values) {
    this.saving = true;
    this.error.textContent = "";
    for (const row of this.rows.values()) row.refuse(false);
    this.changed();
    try {
      await command(this.camera.id, name, values);
    } catch (error) {
      this.saving = false;
      this.changed();
      this.refuse(error);
      return;
    }
    toast(name === "set_zones" ? "Zones and masks saved" : "Returned to the zones and masks of the configuration");
    const privacy = this.areas.filter(({ kind }) => kind === "privacy");
    this.saving = false;
    await this.load();
    this.keepPrivacy(privacy);
  }

  /**
   * Shows why the areas were refused, and which one it was.
   * @param {unknown} error
   */
  refuse(error) {
    const allowed = error instanceof ApiError ? allowedText(error.allowed) : "";
    this.error.textContent = allowed ? `${errorText(error)}. Allowed: ${allowed}` : errorText(error);
    const [section, key] = (error instanceof ApiError ? error.field ?? "" : "").split(".");
    const masks = this.areas.filter(({ kind }) => kind === "mask");
    const wrong = section === "masks" ? masks[Number(key)] : this.areas.find(({ kind, name }) => kind === "zone" && name === key);
    if (!wrong) return;
    this.select(wrong);
    this.rows.get(wrong)?.refuse(true);
  }

  /**
   * Keeps the privacy areas that were drawn, which are not saved.
   * @param {Area[]} drawn
   */
  keepPrivacy(drawn) {
    this.areas = inOrder([...this.areas.filter(({ kind }) => kind !== "privacy"), ...drawn]);
    this.show();
  }

  async copy() {
    this.yaml.select();
    try {
      await navigator.clipboard.writeText(this.yaml.value);
    } catch {
      document.execCommand("copy"); // the clipboard is only there with HTTPS
    }
    toast("Copied");
  }
}

/** @param {Area[]} areas */
const inOrder = (areas) => Object.keys(TITLES).flatMap((wanted) => areas.filter(({ kind }) => kind === wanted));

/** One area in the list. */
class Row {
  /**
   * @param {Area} shown
   * @param {AreaEditor} editor
   */
  constructor(shown, editor) {
    this.area = shown;
    this.swatch = h("i", { class: "swatch" });
    this.title = h("button", { type: "button", class: "areatitle", onclick: () => editor.select(shown) });
    this.name = h("input", {
      type: "text", value: shown.name, maxlength: 64, autocomplete: "off", spellcheck: "false", "aria-label": "Name of the zone",
      oninput: () => this.rename(editor), onfocus: () => editor.select(shown),
    });
    this.threshold = h("input", {
      type: "number", value: shown.threshold, min: 0.1, max: 100, step: 0.1, inputmode: "decimal", "aria-label": "Threshold in percent of the zone",
      oninput: () => { shown.threshold = this.threshold.valueAsNumber || 0; editor.changed(); }, onfocus: () => editor.select(shown),
    });
    const isZone = shown.kind === "zone";
    this.element = h("li", { class: shown.kind }, this.swatch, isZone ? this.name : this.title,
      isZone ? h("span", { class: "threshold" }, this.threshold, "%") : null,
      iconButton("bin", `Delete this ${TITLES[shown.kind].toLowerCase()}`, () => editor.delete(shown)));
  }

  focus() {
    (this.area.kind === "zone" ? this.name : this.title).focus();
    if (this.area.kind === "zone") this.name.select();
  }

  /** @param {AreaEditor} editor */
  rename(editor) {
    const name = this.name.value.toLowerCase().replace(/[^a-z0-9_]/g, "_");
    if (name !== this.name.value) {
      const at = this.name.selectionStart;
      this.name.value = name;
      this.name.setSelectionRange(at, at);
    }
    this.area.name = name;
    editor.changed();
  }

  /**
   * @param {string} colour
   * @param {boolean} selected
   * @param {string} title
   */
  show(colour, selected, title) {
    this.title.textContent = title;
    this.swatch.style.background = colour;
    this.element.classList.toggle("selected", selected);
    if (selected) this.element.setAttribute("aria-current", "true");
    else this.element.removeAttribute("aria-current");
  }

  /** @param {boolean} refused */
  refuse(refused) {
    this.name.toggleAttribute("aria-invalid", false);
    if (refused) this.name.setAttribute("aria-invalid", "true");
    this.element.classList.toggle("refused", refused);
  }
}
