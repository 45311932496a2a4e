// The presets of a camera: select one, save the present values as one, delete a saved one.

/** @import { Camera, CameraState } from "./types" */

import { arrange, confirmed, h, modal, toast } from "./dom.js";

/** @typedef {import("./panel.js").RunCommand} RunCommand */

export class Presets {
  /** @param {RunCommand} run */
  constructor(run) {
    this.run = run;
    /** @type {Camera | null} */
    this.camera = null;
    this.names = "";
    this.select = h("select", { "aria-label": "Preset", onchange: () => this.apply(this.select.value) });
    this.save = h("button", { type: "button", class: "button quiet", title: "Save the present values as a preset", onclick: () => this.ask() }, "Save preset");
    this.remove = h("button", { type: "button", class: "button quiet", hidden: true, onclick: () => this.delete(this.select.value) }, "Delete preset");
    this.error = h("p", { class: "error", role: "alert" });
    this.choice = h("label", { class: "presetchoice" }, h("span", { class: "name" }, "Preset"), this.select);
  }

  /** @param {Camera} camera */
  adopt(camera) {
    this.camera = camera;
    const kind = camera.entities.find(({ command, kind: one }) => command === "preset" && one)?.kind;
    const names = kind?.type === "choice" ? kind.allowed : [];
    this.choice.hidden = names.length === 0;
    if (this.names !== JSON.stringify(names)) {
      const chosen = this.select.value;
      arrange(this.select, [h("option", { value: "" }, "None"), ...names.map((name) => h("option", { value: name }, name))]);
      this.select.value = names.includes(chosen) ? chosen : "";
    }
    this.names = JSON.stringify(names);
    this.markDeletable();
  }

  /** @param {CameraState} live */
  update(live) {
    if (document.activeElement !== this.select || this.select.value === "") this.select.value = live.state.preset ?? "";
    this.markDeletable();
  }

  /** Only presets that were saved can be deleted. */
  markDeletable() {
    const argument = this.camera?.commands.find(({ name }) => name === "delete_preset")?.arguments.name;
    const saved = argument?.type === "choice" ? argument.allowed : [];
    this.remove.hidden = !saved.includes(this.select.value);
  }

  /**
   * @param {string} command
   * @param {string} name
   * @param {string} done
   */
  async send(command, name, done) {
    this.error.textContent = "";
    if (await this.run(command, { name }, (text) => { this.error.textContent = text; })) toast(done);
  }

  /** @param {string} name */
  async apply(name) {
    if (name) await this.send("preset", name, `Preset ${name} selected`);
  }

  /** @param {string} name */
  async delete(name) {
    if (await confirmed(`Delete the preset ${name}?`, "Delete")) await this.send("delete_preset", name, `Preset ${name} deleted`);
  }

  /** Asks for the name to save the present values under. */
  async ask() {
    const input = h("input", { type: "text", required: true, maxlength: 64, pattern: "[a-z0-9_\\-]+", value: this.select.value, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
    const { dialog, done } = modal("ask", "Save preset", h("form", { method: "dialog" },
      h("label", { class: "askname" }, h("span", { class: "name" }, "Name of the preset"), input,
        h("small", { class: "help" }, "Lower-case letters, digits, - and _. A preset of this name is replaced.")),
      h("div", { class: "row end" },
        h("button", { type: "button", class: "button quiet", onclick: () => dialog.close("") }, "Cancel"),
        h("button", { class: "button", value: "yes" }, "Save"))));
    input.focus();
    if ((await done) === "yes") await this.send("save_preset", input.value, `Preset ${input.value} saved`);
  }
}
