// The card with the tools for motion detection and areas of the picture.

/** @import { Camera } from "./types" */

import { confirmed, errorText, h, toast } from "./dom.js";

export class AreaTools {
  /**
   * @param {Camera} camera
   * @param {import("./stage.js").Stage} stage
   * @param {boolean} mayControl
   */
  constructor(camera, stage, mayControl) {
    this.camera = camera;
    this.stage = stage;
    this.mayControl = mayControl;
    this.started = false;
    this.hasMotion = false;
    /** @type {import("./motion.js").MotionTest | null} */
    this.test = null;
    /** @type {import("./areaeditor.js").AreaEditor | null} */
    this.editor = null;
    this.testing = this.button("Motion test", () => (this.test ? this.closeTest() : this.openTest()));
    this.editing = this.button("Draw areas", () => (this.editor ? this.closeEditor() : this.openEditor()));
    this.element = h("section", { class: "card areatools" }, h("h2", {}, "Motion and areas"), h("div", { class: "row" }, this.testing, this.editing));
    this.adopt(camera);
  }

  /**
   * @param {string} text
   * @param {() => Promise<void> | void} press
   */
  button(text, press) {
    const onclick = async () => {
      try {
        await press();
      } catch (error) {
        toast(errorText(error), "error");
      }
    };
    return h("button", { type: "button", class: "button quiet", "aria-pressed": "false", onclick }, text);
  }

  /**
   * Takes over a new description of the camera.
   * @param {Camera} camera
   */
  adopt(camera) {
    this.camera = camera;
    this.hasMotion = camera.entities.some(({ key }) => key === "motion_detection");
    this.testing.hidden = !this.hasMotion;
    this.editing.hidden = !this.mayControl;
    this.element.hidden = this.testing.hidden && this.editing.hidden;
    if (!this.hasMotion) this.closeTest();
    if (this.editor && this.editor.hasMotion !== this.hasMotion) this.leaveEditor();
    this.editor?.refresh();
  }

  start() {
    this.started = true;
    this.test?.start();
  }

  stop() {
    this.started = false;
    this.test?.stop();
  }

  async openTest() {
    const { MotionTest } = await import("./motion.js");
    if (this.test || !this.element.isConnected) return;
    this.test = new MotionTest(this.camera, this.stage);
    this.test.layer.showAreas(!this.editor);
    this.show(this.testing, this.test.element);
    if (this.started) this.test.start();
  }

  closeTest() {
    this.test?.remove();
    this.test = null;
    this.testing.setAttribute("aria-pressed", "false");
  }

  async openEditor() {
    const { AreaEditor } = await import("./areaeditor.js");
    if (this.editor || !this.element.isConnected) return;
    this.editor = new AreaEditor(this.camera, this.stage, this.hasMotion);
    this.test?.layer.showAreas(false);
    this.show(this.editing, this.editor.element);
  }

  async closeEditor() {
    if (this.editor?.isChanged && !(await confirmed("Discard the unsaved changes?", "Discard"))) return;
    this.leaveEditor();
  }

  leaveEditor() {
    this.editor?.remove();
    this.editor = null;
    this.test?.layer.showAreas(true);
    this.editing.setAttribute("aria-pressed", "false");
  }

  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} element
   */
  show(button, element) {
    button.setAttribute("aria-pressed", "true");
    this.element.append(element);
    this.element.style.setProperty("--picture", `${this.stage.element.clientHeight}px`); // on phones, it stays above the card
    this.element.scrollIntoView({ block: "start" });
  }
}
