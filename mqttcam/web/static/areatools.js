// The card with the tools for motion detection and areas of the picture.

/** @import { Camera } from "./types" */

import { errorText, h, toast } from "./dom.js";

export class AreaTools {
  /**
   * @param {Camera} camera
   * @param {import("./stage.js").Stage} stage
   */
  constructor(camera, stage) {
    this.camera = camera;
    this.stage = stage;
    this.started = false;
    /** @type {import("./motion.js").MotionTest | null} */
    this.test = null;
    this.testing = h("button", { type: "button", class: "button quiet", "aria-pressed": "false", onclick: () => this.toggleTest() }, "Motion test");
    this.element = h("section", { class: "card areatools" }, h("h2", {}, "Motion"), h("div", { class: "row" }, this.testing));
    this.adopt(camera);
  }

  /**
   * Takes over a new description of the camera.
   * @param {Camera} camera
   */
  adopt(camera) {
    this.camera = camera;
    const hasMotion = camera.entities.some(({ key }) => key === "motion_detection");
    this.element.hidden = !hasMotion;
    if (!hasMotion) this.closeTest();
  }

  start() {
    this.started = true;
    this.test?.start();
  }

  stop() {
    this.started = false;
    this.test?.stop();
  }

  async toggleTest() {
    if (this.test) {
      this.closeTest();
      return;
    }
    try {
      const { MotionTest } = await import("./motion.js");
      if (this.test || !this.element.isConnected) return;
      this.test = new MotionTest(this.camera, this.stage);
    } catch (error) {
      toast(errorText(error), "error");
      return;
    }
    this.testing.setAttribute("aria-pressed", "true");
    this.element.append(this.test.element);
    this.element.scrollIntoView({ block: "start" });
    if (this.started) this.test.start();
  }

  closeTest() {
    this.test?.remove();
    this.test = null;
    this.testing.setAttribute("aria-pressed", "false");
  }
}
