// What is done with all controls of a camera: presets, copying them to another camera, resetting them.

/** @import { Camera, CameraState, Values } from "./types" */

import { confirmed, errorText, h, toast } from "./dom.js";
import { Presets } from "./presets.js";

export class Actions {
  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.presets = new Presets(panel.run);
    this.copy = h("button", { type: "button", class: "button quiet", title: "Copy the controls to another camera", onclick: () => this.openCopy() }, "Copy to…");
    this.reset = h("button", { type: "button", class: "button quiet", onclick: () => this.resetAll() }, "Reset all");
    const { choice, save, remove, error } = this.presets;
    this.element = h("section", { class: "card actions", "aria-labelledby": "all-controls" },
      h("h2", { id: "all-controls" }, "All controls"), choice, h("div", { class: "row" }, save, remove, this.copy, this.reset), error);
  }

  /** @param {Camera} camera */
  adopt(camera) {
    this.presets.adopt(camera);
  }

  /** @param {CameraState} live */
  update(live) {
    this.presets.update(live);
  }

  async openCopy() {
    try {
      const { openCopy } = await import("./copy.js");
      await openCopy(this.panel.camera, this.panel.live?.state ?? {});
    } catch (error) {
      toast(errorText(error), "error");
    }
  }

  async resetAll() {
    /** @type {Values} */
    const values = {};
    for (const group of this.panel.groups.values()) Object.assign(values, group.changed());
    const count = Object.keys(values).length;
    if (!count) {
      toast("All values are already those of the configuration or the defaults");
      return;
    }
    const what = count === 1 ? "one value" : `${count} values`;
    if (!(await confirmed(`Reset ${what} to the configuration, or else to the camera's default?`, "Reset all"))) return;
    if (await this.panel.set(values)) toast("All values are reset");
  }
}
