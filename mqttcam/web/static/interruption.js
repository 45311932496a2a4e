// What can be done about a camera that delivers no picture, below the reason in its own view: its problem with the next attempt, or the switch.

/** @import { Camera, CameraState, Problem, Values } from "./types" */

import { clockOffset } from "./clock.js";
import { h } from "./dom.js";
import { RetryButton, timesOf } from "./problem.js";

const TICK = 500; // milliseconds

export class Interruption {
  /**
   * @param {Camera} camera
   * @param {boolean} mayControl
   * @param {(values: Values) => unknown} set Sets values of the camera.
   */
  constructor(camera, mayControl, set) {
    this.camera = camera;
    this.mayControl = mayControl;
    /** @type {Problem | null} */
    this.problem = null;
    this.ahead = 0; // milliseconds by which the clock of the node is ahead of ours
    this.timer = 0;
    this.times = h("p", { class: "times", hidden: true });
    this.retry = new RetryButton(mayControl, "outlined", () => {});
    this.switchOn = h("button", { type: "button", class: "outlined", hidden: true, onclick: () => set({ enabled: "ON" }) }, "Switch on");
    this.todo = h("a", { class: "outlined", href: `#trouble/${camera.id}`, hidden: true }, "What to do");
    this.element = h("div", { class: "interruption" }, this.times, h("div", { class: "row" }, this.retry.element, this.switchOn, this.todo));
  }

  /** @param {Camera} camera */
  adopt(camera) {
    this.camera = camera;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  /**
   * @param {CameraState} live
   * @param {Problem[]} trouble
   * @param {boolean} connected
   */
  update(live, trouble, connected) {
    this.problem = (connected && trouble.find(({ id }) => id === `camera-${this.camera.id}`)) || null;
    const { problem } = this;
    this.retry.update(problem);
    this.times.hidden = this.todo.hidden = !problem;
    this.switchOn.hidden = !connected || live.status !== "off" || !this.maySwitch();
    if (problem && !this.timer) this.begin();
    else if (!problem) this.stop();
    this.tick();
  }

  maySwitch() {
    return this.mayControl && this.camera.entities.some(({ key, settable }) => key === "enabled" && settable);
  }

  begin() {
    this.timer = setInterval(() => this.tick(), TICK);
    clockOffset().then((offset) => { this.ahead = offset; }, () => {}); // without it, our clock has to do
  }

  /** Lets the times go on. */
  tick() {
    if (!this.problem) return;
    const { since, next } = timesOf(this.problem, (Date.now() + this.ahead) / 1000);
    this.times.textContent = [since, next].filter(Boolean).join(" · ");
  }
}
