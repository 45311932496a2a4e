// One camera: picture, tools, controls, readings, history.

import { command, setValues } from "./api.js";
import { confirmed, h, icon, iconButton, toast } from "./dom.js";
import { Field } from "./fields.js";
import { number, reading } from "./format.js";
import { History } from "./history.js";
import { Stage } from "./stage.js";
import { WindowTool } from "./window.js";
import { Zoom } from "./zoom.js";

const MANY = 12;

export class CameraView {
  constructor(camera, mayChange) {
    this.camera = camera;
    this.mayChange = mayChange;
    this.fields = new Map();
    this.readings = new Map();
    this.windows = [];
    this.stage = new Stage(camera);
    this.history = new History(camera);
    this.facts = h("p", { class: "facts" });
    this.makeTools();
    const title = h("div", { class: "title" }, h("h1", {}, camera.name), this.facts);
    this.element = h("section", { class: "camera", "aria-label": camera.name },
      h("div", { class: "show" }, this.stage.element, title, this.history.element),
      h("div", { class: "panel" }, ...this.makePanel()));
    this.resized = new ResizeObserver(() => this.resize());
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
    for (const [key, field] of this.fields) field.update(live.state[key]);
    for (const tool of this.windows) tool.update(live);
    for (const { entity, output } of this.readings.values()) output.textContent = reading(entity, live.state[entity.key]);
    const watching = live.viewers > 1 ? `${live.viewers} watching` : null;
    const rate = live.status === "running" && live.state.fps ? `${number(live.state.fps, 0, 1)} fps` : null;
    this.facts.textContent = [this.camera.model, live.state.resolution?.replace("x", " × "), rate, watching].filter(Boolean).join(" · ");
  }

  // tools on the picture

  makeTools() {
    this.zoom = new Zoom(this.stage.element, this.stage.picture, (scale) => { this.unzoom.hidden = scale === 1; });
    this.unzoom = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.zoom.reset() }, "Whole picture");
    this.full = iconButton("full", "Full screen (f)", () => this.toggleFull(), { "aria-keyshortcuts": "f" });
    this.canShoot = this.mayChange && this.camera.commands.some(({ name }) => name === "snapshot");
    this.tools = h("div", { class: "tools" },
      this.unzoom,
      this.canShoot ? iconButton("shot", "Take a snapshot (s)", () => this.shoot(), { "aria-keyshortcuts": "s" }) : null,
      h("a", { class: "round", "aria-label": "Download the picture", title: "Download the picture", href: this.address("snapshot.jpg"), download: "" }, icon("save")),
      document.fullscreenEnabled ? this.full : null);
    this.stage.element.append(this.tools);
    this.stage.element.tabIndex = 0;
    this.stage.element.setAttribute("role", "group");
    this.stage.element.setAttribute("aria-label", `${this.camera.name}: + and - to enlarge, arrows to move`);
    this.stage.element.addEventListener("keydown", (event) => this.key(event));
    this.stage.element.addEventListener("fullscreenchange", () => {
      const inside = document.fullscreenElement === this.stage.element;
      this.full.replaceChildren(icon(inside ? "leave" : "full"));
      this.stage.element.focus({ preventScroll: true });
      this.zoom.reset();
    });
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
    else if (event.key === "s" && this.canShoot) this.shoot();
    else return;
    event.preventDefault();
  }

  // the panel, from the entities

  makePanel() {
    const shown = this.camera.entities.filter(({ platform }) => platform !== "camera" && platform !== "image");
    const of = (category) => shown.filter((entity) => entity.category === category);
    // A window is drawn on the picture: nobody need know its numbers.
    const isRaw = ({ kind, options }) => options.enabled_by_default === false && kind?.type !== "rectangle";
    const controls = of("config").filter((entity) => !isRaw(entity));
    const raw = of("config").filter(isRaw);
    const list = h("div", { class: "fields" }, ...this.make(controls));
    return [
      this.mayChange ? null : h("p", { class: "hint" }, "You may look at everything here, and change nothing."),
      card("Camera", ...this.make(of(null))),
      controls.length ? card("Controls", controls.length > MANY ? this.makeFilter(list) : null, list) : null,
      raw.length ? h("details", { class: "card" }, h("summary", {}, "Raw controls"), h("div", { class: "fields" }, ...this.make(raw))) : null,
      h("details", { class: "card" }, h("summary", {}, "Diagnostics"), ...this.make(of("diagnostic"))),
    ];
  }

  make(entities) {
    const made = [];
    const buttons = h("div", { class: "row" });
    const refusal = h("p", { class: "error", role: "alert" });
    const readings = h("dl", { class: "readings" });
    for (const entity of entities) {
      if (entity.settable && entity.kind) made.push(this.makeField(entity));
      else if (entity.command && !entity.kind) buttons.append(this.makeButton(entity, refusal));
      else if (entity.kind) readings.append(this.makeReading(entity));
    }
    const pressed = buttons.children.length ? [buttons, refusal] : [];
    return [...made, readings.children.length ? readings : null, ...pressed];
  }

  makeField(entity) {
    const field = new Field(entity, async (value) => (await setValues(this.camera.id, { [entity.key]: value })).changed[entity.key]);
    field.widget.input.disabled = !this.mayChange;
    if (field.reset && !this.mayChange) field.reset.remove();
    this.fields.set(entity.key, field);
    if (entity.kind.type === "rectangle" && this.mayChange) this.windows.push(new WindowTool(this.stage, field, this.camera.entities));
    return field.element;
  }

  makeButton(entity, refusal) {
    const careful = entity.options.device_class === "restart";
    const press = async () => {
      if (careful && !(await confirmed(`${entity.name}?`, "Yes"))) return;
      refusal.textContent = "";
      const refused = (text) => { refusal.textContent = `${entity.name}: ${text}`; };
      if (await this.give(entity.command, entity.arguments, refused)) toast(`${entity.name}: done`);
    };
    return h("button", { type: "button", class: "button quiet", disabled: !this.mayChange, "data-key": entity.key, onclick: press }, entity.name);
  }

  makeReading(entity) {
    const output = h("dd", {}, reading(entity, null));
    this.readings.set(entity.key, { entity, output });
    return h("div", { "data-key": entity.key }, h("dt", {}, entity.name), output);
  }

  makeFilter(list) {
    const choose = () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const child of list.children) child.hidden = !child.textContent.toLowerCase().includes(wanted);
    };
    const filter = h("input", { type: "search", class: "filter", placeholder: "Find a control", "aria-label": "Find a control", oninput: choose });
    return filter;
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

const card = (title, ...children) => h("section", { class: "card" }, h("h2", {}, title), ...children);
