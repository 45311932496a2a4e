// The view of one camera: live picture with its tools, panel, snapshots.

/** @import { Camera, State, Values } from "./types" */

import { command } from "./api.js";
import { AreaTools } from "./areatools.js";
import { errorText, h, icon, iconButton, toast } from "./dom.js";
import { number } from "./format.js";
import { FullScreen } from "./fullscreen.js";
import { SnapshotHistory } from "./history.js";
import { markIdle } from "./idle.js";
import { Interruption } from "./interruption.js";
import { Panel } from "./panel.js";
import { Stage } from "./stage.js";
import { Zoom } from "./zoom.js";

export class CameraView {
  /**
   * @param {Camera} camera
   * @param {boolean} mayControl
   */
  constructor(camera, mayControl) {
    this.camera = camera;
    this.mayControl = mayControl;
    this.stage = new Stage(camera, ["video", "stream", "poll"]);
    this.history = new SnapshotHistory(camera);
    this.panel = new Panel(camera, mayControl, this.stage, (name, values, onError) => this.run(name, values, onError));
    this.name = h("h1", {});
    this.facts = h("p", { class: "facts" });
    this.resetZoom = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.zoom.reset() }, "Whole picture");
    this.zoom = new Zoom(this.stage.element, this.stage.picture, (scale) => { this.resetZoom.hidden = scale === 1; });
    this.fullScreen = new FullScreen(this.stage, (inside) => this.onFullScreen(inside));
    this.fullScreenButton = iconButton("full", "Full screen (f)", () => this.fullScreen.toggle(), { "aria-keyshortcuts": "f" });
    this.sound = iconButton("mute", "Sound (m)", () => this.toggleSound(), { "aria-keyshortcuts": "m", "aria-pressed": "false", hidden: true });
    this.interruption = new Interruption(camera, mayControl, (values) => this.panel.set(values));
    this.stage.curtain.element.append(this.interruption.element);
    this.stage.onsound = (hasSound) => { this.sound.hidden = !hasSound; };
    this.snapshot = iconButton("shot", "Take a snapshot (s)", () => this.takeSnapshot(), { "aria-keyshortcuts": "s" });
    this.addTools();
    const title = h("div", { class: "title" }, this.name, this.facts);
    this.areas = new AreaTools(camera, this.stage, mayControl);
    this.panel.add("Motion", this.areas.element);
    this.element = h("section", { class: "camera" },
      h("div", { class: "show" }, this.stage.element, title, this.history.element), this.panel.element);
    this.adopt(camera);
  }

  /**
   * Takes over a new description of the camera. While its source is being opened again, what the old one said is shown.
   * @param {Camera} camera
   */
  adopt(camera) {
    const opening = camera.model === null && this.camera.model !== null;
    this.camera = opening ? { ...this.camera, name: camera.name, status: camera.status } : camera;
    this.stage.adopt(this.camera);
    this.history.camera = this.camera;
    this.interruption.adopt(this.camera);
    this.areas.adopt(this.camera);
    this.panel.adopt(this.camera);
    this.name.textContent = camera.name;
    this.element.setAttribute("aria-label", camera.name);
    this.stage.element.setAttribute("aria-label", `${camera.name}: + and - zoom, arrow keys move`);
    this.snapshot.hidden = !this.canTakeSnapshots();
  }

  start() {
    this.stage.start();
    this.areas.start();
  }

  stop() {
    if (!document.hidden) this.fullScreen.leave();
    this.stage.stop();
    this.areas.stop();
    this.interruption.stop();
  }

  restart() {
    this.stage.restart();
  }

  /**
   * @param {State} state
   * @param {boolean} connected
   */
  update({ cameras, trouble }, connected) {
    const live = cameras[this.camera.id];
    if (!live) return;
    this.stage.update(live, connected);
    this.interruption.update(live, trouble, connected);
    this.history.update(live.snapshots);
    this.panel.update(live);
    const watching = live.viewers > 1 ? `${live.viewers} watching` : null;
    const rate = live.status === "running" && live.state.fps ? `${number(live.state.fps, 0, 1)} fps` : null;
    this.facts.textContent = [this.camera.model, live.state.resolution?.replace("x", " × "), rate, watching].filter(Boolean).join(" · ");
  }

  // tools on the picture

  addTools() {
    const { element } = this.stage;
    element.append(h("div", { class: "tools" },
      this.resetZoom,
      this.mayControl ? this.snapshot : null,
      h("a", { class: "round", "aria-label": "Download the picture", title: "Download the picture", href: this.address("snapshot.jpg"), download: "" }, icon("save")),
      this.sound,
      this.fullScreenButton));
    markIdle(element);
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** @param {boolean} inside */
  onFullScreen(inside) {
    this.fullScreenButton.replaceChildren(icon(inside ? "leave" : "full"));
    this.stage.element.focus({ preventScroll: true });
    this.zoom.reset();
  }

  canTakeSnapshots() {
    return this.mayControl && this.camera.commands.some(({ name }) => name === "snapshot");
  }

  /** @param {string} file */
  address(file) {
    return `cameras/${this.camera.id}/${file}`;
  }

  toggleSound() {
    const { video } = this.stage;
    video.muted = !video.muted;
    this.sound.setAttribute("aria-pressed", String(!video.muted));
    this.sound.replaceChildren(icon(video.muted ? "mute" : "sound"));
  }

  async takeSnapshot() {
    if (!(await this.run("snapshot"))) return;
    toast("Snapshot taken");
    this.stage.element.classList.remove("flash");
    requestAnimationFrame(() => this.stage.element.classList.add("flash"));
  }

  /**
   * Works only while the picture or one of its tools has the focus, so that dictation and typing errors have no effect.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f") this.fullScreen.toggle();
    else if (event.key === "Escape" && this.fullScreen.fills) this.fullScreen.leave();
    else if (event.key === "d") this.stage.badge.toggle();
    else if (event.key === "s" && this.canTakeSnapshots()) this.takeSnapshot();
    else if (event.key === "m" && !this.sound.hidden) this.toggleSound();
    else return;
    event.preventDefault();
  }

  /**
   * Runs a command.
   * @param {string} name
   * @param {Values} [values]
   * @param {(text: string) => void} [onError] Shows why it failed.
   * @returns {Promise<boolean>} Whether it succeeded.
   */
  async run(name, values, onError = (text) => toast(`${this.camera.name}: ${text}`, "error")) {
    try {
      await command(this.camera.id, name, values);
      return true;
    } catch (error) {
      onError(errorText(error));
      return false;
    }
  }
}
