// One camera: picture, tools, panel, history.

import { command } from "./api.js";
import { h, icon, iconButton, toast } from "./dom.js";
import { number } from "./format.js";
import { History } from "./history.js";
import { Panel } from "./panel.js";
import { Stage } from "./stage.js";
import { Zoom } from "./zoom.js";

export class CameraView {
  constructor(camera, mayChange) {
    this.camera = camera;
    this.mayChange = mayChange;
    this.stage = new Stage(camera);
    this.history = new History(camera);
    this.panel = new Panel(camera, mayChange, this.stage, (...given) => this.give(...given));
    this.name = h("h1", {});
    this.facts = h("p", { class: "facts" });
    this.makeTools();
    const title = h("div", { class: "title" }, this.name, this.facts);
    this.element = h("section", { class: "camera" },
      h("div", { class: "show" }, this.stage.element, title, this.history.element), this.panel.element);
    this.resized = new ResizeObserver(() => this.resize());
    this.adopt(camera);
  }

  /** The camera as it is described now. One that is opened anew shows until then what it had. */
  adopt(camera) {
    const opening = camera.model === null && this.camera.model !== null;
    this.camera = opening ? { ...this.camera, name: camera.name } : camera;
    this.stage.adopt(this.camera);
    this.history.camera = this.camera;
    this.panel.adopt(this.camera);
    this.name.textContent = camera.name;
    this.element.setAttribute("aria-label", camera.name);
    this.stage.element.setAttribute("aria-label", `${camera.name}: + and - to enlarge, arrows to move`);
    this.shot.hidden = !this.canShoot();
    this.resize();
  }

  start() {
    this.stage.start();
    this.asked = this.stage.width();
    this.resized.observe(this.stage.element);
  }

  stop() {
    this.resized.disconnect();
    this.stage.stop();
  }

  update(live, linked) {
    this.stage.update(live, linked);
    this.history.update(live.snapshots);
    this.panel.update(live);
    const watching = live.viewers > 1 ? `${live.viewers} watching` : null;
    const rate = live.status === "running" && live.state.fps ? `${number(live.state.fps, 0, 1)} fps` : null;
    this.facts.textContent = [this.camera.model, live.state.resolution?.replace("x", " × "), rate, watching].filter(Boolean).join(" · ");
  }

  // tools on the picture

  makeTools() {
    this.zoom = new Zoom(this.stage.element, this.stage.picture, (scale) => { this.unzoom.hidden = scale === 1; });
    this.unzoom = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.zoom.reset() }, "Whole picture");
    this.full = iconButton("full", "Full screen (f)", () => this.toggleFull(), { "aria-keyshortcuts": "f" });
    this.shot = iconButton("shot", "Take a snapshot (s)", () => this.shoot(), { "aria-keyshortcuts": "s" });
    this.tools = h("div", { class: "tools" },
      this.unzoom,
      this.mayChange ? this.shot : null,
      h("a", { class: "round", "aria-label": "Download the picture", title: "Download the picture", href: this.address("snapshot.jpg"), download: "" }, icon("save")),
      document.fullscreenEnabled ? this.full : null);
    this.stage.element.append(this.tools);
    this.stage.element.tabIndex = 0;
    this.stage.element.setAttribute("role", "group");
    this.stage.element.addEventListener("keydown", (event) => this.key(event));
    this.stage.element.addEventListener("fullscreenchange", () => {
      const inside = document.fullscreenElement === this.stage.element;
      this.full.replaceChildren(icon(inside ? "leave" : "full"));
      this.stage.element.focus({ preventScroll: true });
      this.zoom.reset();
    });
  }

  canShoot() {
    return this.mayChange && this.camera.commands.some(({ name }) => name === "snapshot");
  }

  address(file) {
    return `cameras/${this.camera.id}/${file}`;
  }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.stage.element.requestFullscreen();
  }

  async shoot() {
    if (!(await this.give("snapshot"))) return;
    toast("Snapshot taken");
    this.stage.element.classList.remove("flash");
    requestAnimationFrame(() => this.stage.element.classList.add("flash"));
  }

  /** Another width of the stream, once the size on the screen has settled. */
  resize() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.stage.width() === this.asked) return;
      this.asked = this.stage.width();
      this.stage.restart();
    }, 400);
  }

  /** Only while the picture or something on it has the focus: who dictates, or misses a key, takes no snapshots. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f" && document.fullscreenEnabled) this.toggleFull();
    else if (event.key === "s" && this.canShoot()) this.shoot();
    else return;
    event.preventDefault();
  }

  /** Gives a command; whether it was carried out. `refused` shows why not. */
  async give(name, values, refused = (text) => toast(`${this.camera.name}: ${text}`, "error")) {
    try {
      await command(this.camera.id, name, values);
      return true;
    } catch (error) {
      refused(error.message);
      return false;
    }
  }
}
