// One camera in the overview: its picture, what happens there, and the most important controls.

/** @import { Camera, CameraState, Values } from "./types" */

import { command, setValues } from "./api.js";
import { arrange, errorText, h, icon, iconButton, toast } from "./dom.js";
import { number } from "./format.js";
import { Stage } from "./stage.js";

const RECORD_SECONDS = 30;
const COUNT = /^detections_(?!.*_(occupancy|image)$)/;

export class Tile {
  /**
   * @param {Camera} camera
   * @param {import("./reception.js").Way[]} ways
   * @param {number} fps
   * @param {boolean} mayControl
   */
  constructor(camera, ways, fps, mayControl) {
    this.camera = camera;
    this.stage = new Stage(camera, ways, fps);
    this.name = h("span", { class: "tilename" });
    this.signs = h("span", { class: "signs" });
    this.reason = h("span", {});
    this.trouble = h("a", { class: "trouble", hidden: true }, icon("warn"), this.reason, h("span", { class: "more" }, "What to do"));
    this.tools = mayControl ? new Tools(camera.id) : null;
    this.link = h("a", { class: "open" }, this.stage.element, this.signs, this.name);
    this.element = h("article", { class: "tile" }, this.link, this.stage.badge.element, this.trouble, this.tools?.element);
    this.adopt(camera);
  }

  /** @param {Camera} camera */
  adopt(camera) {
    this.camera = camera;
    this.stage.adopt(camera);
    this.link.href = `#/${camera.id}`;
    this.trouble.href = `#trouble/${camera.id}`;
    this.name.textContent = camera.name;
    this.tools?.adopt(camera);
    /** @type {[key: string, name: string][]} */
    this.counts = camera.entities.filter(({ key }) => COUNT.test(key)).map(({ key, name }) => [key, (name ?? key).replace(/ count$/, "")]);
  }

  /**
   * @param {CameraState} live
   * @param {boolean} connected
   */
  update(live, connected) {
    this.stage.update(live, connected);
    this.tools?.update(live);
    const { classList } = this.element;
    const failed = connected && live.status === "failed";
    classList.toggle("failed", failed);
    classList.toggle("moving", connected && live.state.motion === "ON");
    this.trouble.hidden = !failed;
    if (failed) this.reason.textContent = this.stage.curtain.reason.textContent;
    this.showSigns(connected && live.status === "running" ? live.state : {});
  }

  /**
   * Shows what happens in words, so that it does not depend on colours.
   * @param {Values} state
   */
  showSigns(state) {
    const signs = [
      ...(state.recording === "ON" ? [["recording", "Recording"]] : []),
      ...(state.motion === "ON" ? [["motion", "Motion"]] : []),
      ...(this.counts ?? []).filter(([key]) => state[key] > 0).map(([key, name]) => ["count", `${name} ${number(state[key])}`]),
    ];
    const old = new Map([...this.signs.children].map((sign) => [sign.textContent, sign]));
    arrange(this.signs, signs.map(([kind, text]) => old.get(text) ?? h("span", { class: `sign ${kind}` }, text)));
  }
}

/** The buttons of a tile, for those who may use them. */
class Tools {
  /** @param {string} camera */
  constructor(camera) {
    this.camera = camera;
    this.isOn = this.isRecording = false;
    this.power = iconButton("power", "", () => this.run(this.power, () => setValues(this.camera, { enabled: this.isOn ? "OFF" : "ON" })), { role: "switch" });
    this.snapshot = iconButton("shot", "", () => this.run(this.snapshot, () => command(this.camera, "snapshot"), "Snapshot taken"));
    this.record = iconButton("record", "", () => this.run(this.record, () => this.toggleRecording()));
    this.element = h("div", { class: "tools", role: "group" }, this.snapshot, this.record, this.power);
  }

  /** @param {Camera} camera */
  adopt({ name, commands, entities }) {
    const has = (/** @type {string} */ wanted) => commands.some((known) => known.name === wanted);
    this.title = name;
    this.snapshot.hidden = !has("snapshot");
    this.record.hidden = !has("record") || !has("stop_recording");
    this.power.hidden = !entities.some(({ key, settable }) => key === "enabled" && settable);
    this.element.setAttribute("aria-label", name);
    label(this.snapshot, `Take a snapshot: ${name}`);
    this.show();
  }

  /** @param {CameraState} live */
  update({ status, state }) {
    this.isOn = state.enabled === "ON";
    this.isRecording = state.recording === "ON";
    this.snapshot.disabled = status !== "running";
    this.record.disabled = status !== "running" && !this.isRecording;
    this.show();
  }

  show() {
    label(this.power, `Camera on: ${this.title}`);
    this.power.setAttribute("aria-checked", String(this.isOn));
    label(this.record, `${this.isRecording ? "Stop recording" : `Record ${RECORD_SECONDS} seconds`}: ${this.title}`);
    this.record.classList.toggle("on", this.isRecording);
    this.record.querySelector("use")?.setAttribute("href", `static/icons.svg#${this.isRecording ? "end" : "record"}`);
  }

  toggleRecording() {
    return this.isRecording ? command(this.camera, "stop_recording") : command(this.camera, "record", { seconds: RECORD_SECONDS });
  }

  /**
   * Sends something once at a time, and shows why it failed.
   * @param {HTMLButtonElement} button
   * @param {() => Promise<unknown>} send
   * @param {string} [done] What to show afterwards.
   */
  async run(button, send, done) {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    try {
      await send();
      if (done) toast(`${this.title}: ${done}`);
    } catch (error) {
      toast(`${this.title}: ${errorText(error)}`, "error");
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}

/**
 * @param {HTMLElement} button
 * @param {string} text
 */
function label(button, text) {
  if (button.title === text) return;
  button.title = text;
  button.setAttribute("aria-label", text);
}
