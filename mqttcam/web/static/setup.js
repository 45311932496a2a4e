// The cameras of the configuration file: add, change, remove. Loaded when it is opened for the first time.

/** @import { CameraList, ConfiguredCamera, Setup } from "./types" */

import { ApiError } from "./api.js";
import { confirmed, errorText, h, icon, loadStyle, toast } from "./dom.js";
import { removeCamera, setup } from "./setupapi.js";
import { CameraForm } from "./setupform.js";

await loadStyle("setup");

const PREFIX = "#setup";
const NEW = "+"; // no camera has this id

/** @type {Record<string, string>} */
const KINDS = {
  picamera2: "Raspberry Pi camera", v4l2: "USB camera", url: "Network camera", file: "Pictures or video on disk",
  test_pattern: "Test pattern", mqtt: "Pictures over MQTT", sinetstream: "Pictures from Kafka", tcp: "Pictures over TCP",
};

export class SetupView {
  /** @param {CameraList} list */
  constructor(list) {
    /** @type {Setup | null} */
    this.setup = null;
    /** @type {CameraForm | null} */
    this.form = null;
    this.wanted = "";
    this.body = h("div", { class: "setupbody" });
    this.element = h("section", { class: "setup", "aria-label": "Set up" }, this.body);
    this.started = false;
    this.adopt(list);
  }

  /**
   * Takes over a new list of cameras, and the camera in the address.
   * @param {CameraList} list
   */
  adopt(list) {
    this.list = list;
    const wanted = location.hash.slice(PREFIX.length + 1);
    const changed = wanted !== this.wanted;
    this.wanted = wanted;
    if (this.started && (changed || !this.form)) this.load();
  }

  start() {
    if (this.started) return;
    this.started = true;
    if (!this.form) this.load();
  }

  stop() {
    this.started = false;
  }

  restart() {
    if (!this.form) this.load();
  }

  update() {}

  /** Reads the file, and shows its cameras or the one in the address. */
  async load() {
    try {
      this.setup = await setup();
    } catch (error) {
      this.form = null;
      this.body.replaceChildren(h("h1", {}, "Set up"), h("p", { class: "error", role: "alert" }, errorText(error)),
        h("p", {}, h("button", { type: "button", class: "button quiet", onclick: () => this.load() }, "Load again")));
      return;
    }
    const camera = this.setup.cameras.find(({ id }) => id === this.wanted);
    if (this.wanted === NEW || camera?.camera) this.showForm(camera);
    else this.showList();
  }

  /** @param {ConfiguredCamera} [camera] None for a new one. */
  showForm(camera) {
    const found = /** @type {Setup} */ (this.setup);
    this.form = new CameraForm(found, camera, {
      done: () => this.leave(),
      reload: () => this.load(),
      remove: () => this.remove(/** @type {ConfiguredCamera} */ (camera)),
    });
    this.body.replaceChildren(this.notice(found), this.form.element);
    this.form.element.querySelector("h1")?.scrollIntoView({ block: "nearest" });
  }

  leave() {
    this.form = null;
    if (location.hash === PREFIX) this.load();
    else location.hash = PREFIX;
  }

  showList() {
    this.form = null;
    const found = /** @type {Setup} */ (this.setup);
    this.body.replaceChildren(
      h("div", { class: "setupbar" }, h("h1", {}, "Set up"),
        h("a", { class: "button withicon", href: `${PREFIX}/${NEW}` }, icon("setup"), "Add a camera")),
      this.notice(found),
      h("ul", { class: "setuplist" }, ...found.cameras.map((camera) => this.card(camera))),
      found.cameras.length ? "" : h("p", { class: "hint" }, "There is no camera yet."),
      this.backup(),
      h("p", { class: "hint" }, found.file && !found.read_only ? `Changes are written to ${found.file}; the file before the last change is kept as ${found.backup}.` : ""));
  }

  backup() {
    const input = h("input", { type: "file", accept: ".zip,application/zip", hidden: true, onchange: () => this.restore(input) });
    return h("div", { class: "card setupcard" },
      h("div", {}, h("h2", { class: "plain" }, "Backup"),
        h("p", { class: "hint" }, "The configuration without passwords and other secrets, the values that were set, tuning files, and the progress of each series.")),
      h("div", { class: "row" },
        h("a", { class: "button quiet", href: "api/setup/backup", download: true }, "Download a backup"),
        h("button", { type: "button", class: "button quiet", onclick: () => input.click() }, "Restore a backup"), input));
  }

  /** @param {HTMLInputElement} input With the chosen backup. */
  async restore(input) {
    const [file] = input.files ?? [];
    input.value = ""; // so that the same file can be chosen again
    if (!file) return;
    const { openRestore } = await import("./restore.js");
    if (await openRestore(file, (id) => this.nameOf(id))) this.load();
  }

  /** @param {string} id Of a camera. */
  nameOf(id) {
    return this.list?.cameras.find((one) => one.id === id)?.name ?? id;
  }

  /** @param {Setup} found */
  notice({ read_only: why }) {
    if (!why) return "";
    return h("div", { class: "card note", role: "note" },
      h("p", {}, icon("warn"), h("strong", {}, "This page cannot change the configuration. "), `${why.charAt(0).toUpperCase()}${why.slice(1)}.`),
      h("p", { class: "hint" }, "You can still fill in the form, take a test picture, and copy the result into the file."));
  }

  /** @param {ConfiguredCamera} camera */
  card(camera) {
    const { id, camera: section, variables } = camera;
    const name = section?.name ?? this.nameOf(id);
    const source = section?.source ?? {};
    const detail = source.url ?? source.path ?? source.device ?? source.camera;
    const lines = [KINDS[source.type] ?? "", detail === undefined ? "" : String(detail), section?.size ? String(section.size) : ""];
    return h("li", { class: "card setupcard", "data-camera": id },
      h("div", {}, h("h2", { class: "plain" }, String(name)), h("p", { class: "hint" }, [id, ...lines].filter(Boolean).join(" · ")),
        section ? null : h("p", { class: "hint" }, "Configured by environment variables alone"),
        section && variables.length ? h("p", { class: "hint" }, `Overridden by ${variables.join(", ")}`) : null),
      section ? h("div", { class: "row" },
        h("a", { class: "button quiet", href: `${PREFIX}/${id}`, "aria-label": `Change ${name}` }, "Change"),
        h("button", { type: "button", class: "button quiet", "aria-label": `Remove ${name}`, disabled: Boolean(this.setup?.read_only), onclick: () => this.remove(camera) }, "Remove")) : null);
  }

  /** @param {ConfiguredCamera} camera */
  async remove(camera) {
    const name = camera.camera?.name ?? camera.id;
    const question = `Remove ${name}? This removes its settings from the configuration file and its device from Home Assistant. Recordings and photos stay until they are too old.`;
    if (!(await confirmed(question, "Remove"))) return;
    try {
      await removeCamera(camera.id, /** @type {Setup} */ (this.setup).revision);
      toast(`${name}: removed`);
    } catch (error) {
      const conflict = error instanceof ApiError && error.code === "conflict";
      toast(conflict ? "The file has changed meanwhile, so nothing was removed. Try again." : errorText(error), "error");
    }
    this.leave();
  }
}
