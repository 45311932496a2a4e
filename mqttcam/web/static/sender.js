// Sends values one after the other, and skips all but the latest: a slider changes faster than a camera.

/** @import { Values } from "./types" */

export class Sender {
  /**
   * @param {(values: Values) => Promise<Values>} send
   * @param {(values: Values) => void} onAccepted
   * @param {(error: unknown) => void} onRefused
   */
  constructor(send, onAccepted, onRefused) {
    this.send = send;
    this.onAccepted = onAccepted;
    this.onRefused = onRefused;
    this.busy = false;
    /** @type {Values | null} */
    this.waiting = null;
  }

  /** @param {Values} values */
  async push(values) {
    this.waiting = values;
    if (this.busy) return;
    this.busy = true;
    let report = () => {};
    while (this.waiting !== null) {
      const next = this.waiting;
      this.waiting = null;
      try {
        const accepted = await this.send(next);
        report = () => this.onAccepted(accepted);
      } catch (error) {
        report = () => this.onRefused(error);
      }
    }
    this.busy = false;
    report();
  }
}
