// The form of one camera in the configuration: the common options, or all of them as text; a test picture; and saving.

/** @import { ConfiguredCamera, FoundCamera, Section, Setup } from "./types" */
/** @import { Option } from "./setupfields.js" */

import { ApiError, allowedText } from "./api.js";
import { errorText, h, icon, modal, toast } from "./dom.js";
import { checkCamera, foundCameras, saveCamera, testPicture } from "./setupapi.js";
import { asYaml, commonOptions, sourceOptions } from "./setupfields.js";

/** Kinds of cameras that are not found on this machine. @type {[string, string, Section][]} */
const OTHERS = [
  ["url", "Network camera", { type: "url" }],
  ["v4l2", "USB camera", { type: "v4l2" }],
  ["picamera2", "Raspberry Pi camera", { type: "picamera2" }],
  ["file", "Pictures or video on disk", { type: "file" }],
  ["test_pattern", "Test pattern", { type: "test_pattern" }],
];

const copy = (/** @type {Section} */ section) => /** @type {Section} */ (JSON.parse(JSON.stringify(section)));

/**
 * @param {string} name
 * @returns {string} The id of a camera with this name.
 */
const idFor = (name) => name.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");

export class CameraForm {
  /**
   * @param {Setup} setup
   * @param {ConfiguredCamera | undefined} camera None for a new one.
   * @param {{done: () => void, reload: () => void, remove: () => void}} call
   */
  constructor(setup, camera, call) {
    this.setup = setup;
    this.camera = camera;
    this.call = call;
    /** @type {Section} What was loaded; fields overwrite their keys in a copy of it. */
    this.base = camera?.camera ? copy(camera.camera) : { source: { type: "url" } };
    this.asText = false;
    /** @type {FoundCamera[]} */
    this.found = [];
    this.sources = sourceOptions(setup, camera?.hidden ?? []);
    this.common = commonOptions([]);
    this.kind = h("select", { id: "setup-kind", onchange: () => this.chooseKind() });
    this.id = h("input", { type: "text", id: "setup-id", autocomplete: "off", autocapitalize: "none", spellcheck: "false", pattern: "[a-z0-9_\\-]+", "aria-describedby": "setup-id-error setup-id-hint" });
    this.idError = h("p", { class: "error", id: "setup-id-error", role: "alert" });
    this.text = h("textarea", { id: "setup-text", class: "yaml", rows: 16, spellcheck: "false", autocapitalize: "none", "aria-describedby": "setup-error" });
    this.error = h("p", { class: "error", id: "setup-error", role: "alert" });
    this.picture = h("div", { class: "testpicture", role: "status" });
    this.sourceFields = h("div", { class: "fields" });
    this.fields = h("div", { class: "setupcolumns" });
    this.textCard = h("div", { class: "card", hidden: true });
    this.mode = h("button", { type: "button", class: "button quiet", onclick: () => this.switchMode() }, "All options as text");
    this.idTyped = false;
    this.element = this.makeElement();
    this.fillKinds();
    this.linkId();
    this.show(this.base);
    if (!camera) this.find();
  }

  /** Derives the id of a new camera from its name, until it is typed. */
  linkId() {
    const name = this.common[0].input;
    name.addEventListener("input", () => {
      if (!this.camera && !this.idTyped) this.id.value = idFor(name.value);
    });
    this.id.addEventListener("input", () => { this.idTyped = true; });
  }

  makeElement() {
    const { camera } = this;
    const only = this.setup.read_only !== null;
    const first = camera ? null : h("div", { class: "field text" }, h("label", { for: "setup-kind", class: "name" }, "Kind"), this.kind);
    const id = camera ? null : h("div", { class: "field text", "data-option": "id" }, h("label", { for: "setup-id", class: "name" }, "Id"), this.id, this.idError,
      h("p", { class: "hint", id: "setup-id-hint" }, "In topics and addresses: a to z, digits, - and _. It cannot be changed later."));
    const [name, ...others] = this.common.map(({ element }) => element);
    this.fields.append(
      h("div", { class: "setupcolumn" },
        h("div", { class: "card" }, h("h2", {}, "Camera"), h("div", { class: "fields" }, first, this.sourceFields, name, id)),
        this.picture),
      h("div", { class: "card" }, h("h2", {}, "Picture"), h("div", { class: "fields" }, ...others)));
    this.textCard.append(h("label", { for: "setup-text", class: "name" }, "All options of this camera (YAML)"), this.text,
      h("p", { class: "hint" }, "As in the configuration file, without the camera's id. See docs/configuration.md."));
    const kept = camera?.hidden.filter((key) => !key.startsWith("source.password")) ?? [];
    return h("form", { class: "setupform", novalidate: true, onsubmit: (/** @type {SubmitEvent} */ event) => { event.preventDefault(); this.save(); } },
      h("div", { class: "setupbar" },
        h("h1", {}, camera ? `Change ${camera.camera?.name ?? camera.id}` : "Add a camera"), this.mode),
      camera?.variables.length ? h("p", { class: "hint" }, `Environment variables override the file: ${camera.variables.join(", ")}`) : null,
      kept.length ? h("p", { class: "hint" }, `Kept, but not shown: ${kept.join(", ")}`) : null,
      this.fields, this.textCard, this.error,
      h("div", { class: "row setupactions" },
        h("button", { type: "submit", class: "button" }, only ? "Show what to paste" : "Save"),
        h("button", { type: "button", class: "button quiet", onclick: () => this.test() }, "Test picture"),
        h("button", { type: "button", class: "button quiet", onclick: () => this.call.done() }, "Cancel"),
        camera && !only ? h("button", { type: "button", class: "button quiet removal", onclick: () => this.call.remove() }, icon("bin"), "Remove") : null));
  }

  /** Looks for the cameras of this machine. */
  async find() {
    try {
      this.found = await foundCameras();
    } catch {
      return; // the other kinds can still be chosen
    }
    const chosen = this.kind.value;
    this.found = this.found.filter(({ source }) => source.type !== "test_pattern");
    this.fillKinds();
    this.kind.value = chosen;
  }

  fillKinds() {
    const found = this.found.map(({ model, id, used_by: user }, index) =>
      h("option", { value: `found-${index}` }, `${model} (${user ? `used by ${user}` : id})`));
    this.kind.replaceChildren(
      ...(found.length ? [h("optgroup", { label: "Found on this machine" }, ...found)] : []),
      h("optgroup", { label: found.length ? "Others" : "Kinds" }, ...OTHERS.map(([value, name]) => h("option", { value }, name))));
  }

  chooseKind() {
    const found = this.found[Number(this.kind.value.replace("found-", ""))];
    const other = OTHERS.find(([value]) => value === this.kind.value);
    this.base = { ...this.section(), source: copy(found ? found.source : other?.[2] ?? {}) };
    if (found) {
      const sizes = this.common[1].element.querySelector("datalist");
      sizes?.replaceChildren(...found.sizes.map((value) => h("option", { value })));
    }
    this.show(this.base);
  }

  /** @returns {Option[]} */
  get options() {
    return [...(this.sources[this.base.source?.type] ?? []), ...this.common];
  }

  /** @param {Section} section */
  show(section) {
    this.sourceFields.hidden = !this.sources[section.source?.type];
    this.sourceFields.replaceChildren(...(this.sources[section.source?.type] ?? []).map(({ element }) => element));
    for (const option of this.options) option.show(section);
  }

  /** @returns {Section} What the fields say, and what they do not show. */
  section() {
    const section = copy(this.base);
    for (const option of this.options) option.write(section);
    return section;
  }

  get cameraId() {
    return this.camera?.id ?? this.id.value.trim();
  }

  get given() {
    return this.asText ? { text: this.text.value } : { camera: this.section() };
  }

  /** Changes between fields and text; what is in one is taken over by the other. */
  async switchMode() {
    const result = await this.attempt(() => checkCamera(this.cameraId || "camera", this.given));
    if (!result && !this.asText) this.text.value = asYaml(this.section()); // to correct it there
    if (!result && this.asText) return;
    if (result && this.asText) {
      this.base = result.camera;
      this.show(this.base);
    } else if (result) this.text.value = result.section;
    this.asText = !this.asText;
    this.fields.hidden = this.asText;
    (this.asText ? this.textCard : this.fields.firstElementChild)?.append(this.picture);
    this.textCard.hidden = !this.asText;
    this.mode.textContent = this.asText ? "Common options" : "All options as text";
    if (this.asText) this.text.focus();
  }

  async test() {
    this.picture.replaceChildren(h("p", { class: "hint" }, "Taking a picture…"));
    const result = await this.attempt(() => testPicture(this.cameraId || "camera", this.given));
    this.picture.replaceChildren();
    if (!result) return;
    const bytes = Uint8Array.from(atob(result.picture), (character) => character.charCodeAt(0));
    const address = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    const image = h("img", { src: address, alt: "Test picture", onload: () => URL.revokeObjectURL(address) });
    const caption = [result.model, `${result.width} × ${result.height}`, result.remark].filter(Boolean).join(" · ");
    this.picture.replaceChildren(h("figure", {}, image, h("figcaption", { class: "hint" }, caption)));
    image.scrollIntoView({ block: "nearest" });
  }

  async save() {
    if (!this.cameraId) {
      this.idError.textContent = "An id is needed, such as front";
      this.id.focus();
      return;
    }
    if (this.setup.read_only !== null) {
      const checked = await this.attempt(() => checkCamera(this.cameraId, this.given));
      if (checked) this.showText(checked.text);
      return;
    }
    const saved = await this.attempt(() => saveCamera(this.cameraId, this.given, this.setup.revision, !this.camera));
    if (!saved) return;
    toast(`${this.cameraId}: saved`);
    this.call.done();
  }

  /** @param {string} text */
  showText(text) {
    const { dialog } = modal("paste", "What to paste",
      h("h2", {}, "Paste this into the configuration file"),
      h("p", { class: "hint" }, this.camera ? "Replace the lines of this camera with it, but keep what it leaves out, such as passwords." : "Below `cameras:`, if the file has that already."),
      h("pre", { tabindex: 0 }, text),
      h("div", { class: "row end" },
        h("button", { type: "button", class: "button quiet", onclick: () => navigator.clipboard?.writeText(text).then(() => toast("Copied")) }, "Copy"),
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Close")));
  }

  /**
   * Does something, and shows its error at the field, or in the line, that is wrong.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T | null>} null after an error.
   */
  async attempt(work) {
    this.clearErrors();
    this.element.inert = true;
    try {
      return await work();
    } catch (error) {
      this.element.inert = false;
      this.showError(error);
      return null;
    } finally {
      this.element.inert = false;
    }
  }

  clearErrors() {
    this.error.replaceChildren();
    this.idError.textContent = "";
    for (const { input, message } of this.options) {
      message.textContent = "";
      input.removeAttribute("aria-invalid");
    }
  }

  /** @param {unknown} error */
  showError(error) {
    const { field = null, code = "", allowed: raw = null } = error instanceof ApiError ? error : {};
    const allowed = allowedText(raw);
    const text = allowed ? `${errorText(error)}. Allowed: ${allowed}` : errorText(error);
    const wrong = this.asText ? undefined : this.options.find(({ key }) => key === field);
    if (wrong) {
      wrong.message.textContent = text;
      wrong.input.setAttribute("aria-invalid", "true");
      wrong.input.focus();
    } else if (field === "id" && !this.camera) {
      this.idError.textContent = text;
      this.id.focus();
    } else {
      const again = code === "conflict" ? h("button", { type: "button", class: "button quiet", onclick: () => this.call.reload() }, "Load again") : "";
      this.error.replaceChildren(field && code !== "conflict" ? `${field}: ${text} ` : `${text} `, again);
      this.error.scrollIntoView({ block: "nearest" });
      if (this.asText) this.selectLine(Number(/^line (\d+)/i.exec(errorText(error))?.[1] ?? 0));
    }
  }

  /** @param {number} line Counted from 1; 0 selects none. */
  selectLine(line) {
    const lines = this.text.value.split("\n");
    if (!line || line > lines.length) return;
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    this.text.focus();
    this.text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  }
}
