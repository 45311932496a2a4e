// All cameras at once, smaller and slower: browsers open six connections per host, and controls need some of them.

/** @import { Camera, CameraState } from "./types" */

import { arrange, h } from "./dom.js";
import { Stage } from "./stage.js";

const STREAMS = 3;
const STREAM_FPS = 8;
const POLL_INTERVAL = 1000;

export class Overview {
  /** @param {Camera[]} cameras */
  constructor(cameras) {
    /** @type {Tile[]} */
    this.tiles = [];
    this.title = h("h1", { class: "unseen" }, "All cameras");
    this.element = h("section", { class: "overview" });
    this.adopt(cameras);
  }

  /**
   * Takes over a new list of cameras. The streams of those that were shown before continue.
   * @param {Camera[]} cameras
   */
  adopt(cameras) {
    const old = new Map(this.tiles.map((tile) => [tile.camera.id, tile]));
    this.tiles = cameras.map((camera, index) => {
      const kind = index < STREAMS ? Stage : PolledStage;
      const before = old.get(camera.id);
      if (before?.stage.constructor !== kind) return new Tile(camera, new kind(camera, STREAM_FPS));
      old.delete(camera.id);
      before.adopt(camera);
      return before;
    });
    for (const { stage } of old.values()) stage.stop();
    arrange(this.element, this.tiles.length ? [this.title, ...this.tiles.map(({ element }) => element)] : [noCameras()]);
  }

  start() {
    for (const { stage } of this.tiles) stage.start();
  }

  stop() {
    for (const { stage } of this.tiles) stage.stop();
  }

  restart() {
    for (const { stage } of this.tiles) stage.restart();
  }

  /**
   * @param {Record<string, CameraState>} states
   * @param {boolean} connected
   */
  update(states, connected) {
    for (const { camera, stage } of this.tiles) {
      const live = states[camera.id];
      if (live) stage.update(live, connected);
    }
  }
}

class Tile {
  /**
   * @param {Camera} camera
   * @param {Stage} stage
   */
  constructor(camera, stage) {
    this.camera = camera;
    this.stage = stage;
    this.name = h("span", { class: "tilename" });
    this.element = h("a", { class: "tile", href: `#/${camera.id}` }, stage.element, this.name);
    this.adopt(camera);
  }

  /** @param {Camera} camera */
  adopt(camera) {
    this.camera = camera;
    this.stage.adopt(camera);
    this.name.textContent = camera.name;
  }
}

/** Shows one snapshot after the other instead of a stream. */
class PolledStage extends Stage {
  /**
   * @override
   * @param {AbortSignal} signal
   */
  async *pictures(signal) {
    while (!signal.aborted) {
      const response = await this.get("snapshot.jpg", signal);
      yield await new Response(response.body).blob();
      await new Promise((done) => { this.timer = setTimeout(done, POLL_INTERVAL); });
    }
  }
}

const noCameras = () => h("div", { class: "empty" },
  h("h1", {}, "No camera yet"), h("p", {}, "Add one to “cameras:” in the configuration, then restart mqttcam."));
