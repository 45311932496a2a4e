// All cameras at once, smaller and slower, in a grid that fills the window.

/** @import { Camera, State } from "./types" */

import { arrange, h } from "./dom.js";
import { place } from "./grid.js";
import { Tile } from "./tile.js";

/** @type {[tiles: number, fps: number][]} Frames per second for up to so many tiles. */
const RATES = [[4, 8], [9, 5], [Infinity, 3]];
const NEAR = "200px"; // of the visible part of the page; tiles further away receive nothing

export class Overview {
  /**
   * @param {Camera[]} cameras
   * @param {boolean} mayControl
   * @param {boolean} [mayEdit] Whether cameras can be added on the page.
   */
  constructor(cameras, mayControl, mayEdit = false) {
    this.mayControl = mayControl;
    this.mayEdit = mayEdit;
    this.started = false;
    /** @type {Tile[]} */
    this.tiles = [];
    this.title = h("h1", { class: "unseen" }, "All cameras");
    this.element = h("section", { class: "overview" });
    this.resized = new ResizeObserver(() => requestAnimationFrame(() => this.layOut()));
    this.onResize = () => this.layOut();
    this.scrolled = new IntersectionObserver((entries) => this.onScroll(entries), { rootMargin: NEAR });
    this.adopt(cameras);
  }

  /**
   * Takes over a new list of cameras. The streams of those that were shown before continue.
   * @param {Camera[]} cameras
   */
  adopt(cameras) {
    const old = new Map(this.tiles.map((tile) => [tile.camera.id, tile]));
    const fps = RATES.find(([most]) => cameras.length <= most)?.[1] ?? 1;
    this.tiles = cameras.map((camera) => {
      const before = old.get(camera.id);
      if (!before || before.stage.fps !== fps) return new Tile(camera, ["socket", "poll"], fps, this.mayControl);
      old.delete(camera.id);
      before.adopt(camera);
      return before;
    });
    for (const tile of old.values()) {
      tile.stage.stop();
      this.scrolled.unobserve(tile.element);
    }
    arrange(this.element, this.tiles.length ? [this.title, ...this.tiles.map(({ element }) => element)] : [noCameras(this.mayEdit)]);
    this.layOut();
    if (this.started) this.observe();
  }

  start() {
    this.started = true;
    this.layOut();
    this.resized.observe(document.body);
    addEventListener("resize", this.onResize);
    this.observe();
  }

  stop() {
    this.started = false;
    this.resized.disconnect();
    removeEventListener("resize", this.onResize);
    this.scrolled.disconnect();
    for (const { stage } of this.tiles) stage.stop();
  }

  restart() {
    for (const { stage } of this.tiles) stage.restart();
  }

  observe() {
    for (const { element } of this.tiles) this.scrolled.observe(element);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onScroll(entries) {
    for (const { target, isIntersecting } of entries) {
      const stage = this.tiles.find(({ element }) => element === target)?.stage;
      if (isIntersecting && this.started) stage?.start();
      else stage?.stop();
    }
  }

  /** Gives the tiles the size with which they fill the window. */
  layOut() {
    if (!this.element.isConnected || !this.tiles.length) return;
    const { rowGap, paddingLeft, paddingRight } = getComputedStyle(this.element);
    const gap = parseFloat(rowGap) || 0;
    const top = this.element.getBoundingClientRect().top + scrollY;
    // The pictures of a camera that has not been open yet are probably like the others.
    const usual = this.tiles.find(({ stage }) => stage.camera.width)?.stage.shape() ?? 16 / 9;
    const places = place(this.tiles.map(({ stage }) => (stage.camera.width ? stage.shape() : usual)), {
      width: this.element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight),
      height: document.documentElement.clientHeight - top - gap,
      gap,
    });
    places.forEach(({ width, height, before, after }, index) => {
      const { style } = this.tiles[index].element;
      style.width = `${width}px`;
      style.height = `${height}px`;
      style.marginInline = `${before}px ${after}px`;
    });
  }

  /**
   * @param {Pick<State, "cameras">} state
   * @param {boolean} connected
   */
  update({ cameras }, connected) {
    for (const tile of this.tiles) {
      const live = cameras[tile.camera.id];
      if (live) tile.update(live, connected);
    }
  }
}

/** @param {boolean} mayEdit */
const noCameras = (mayEdit) => h("div", { class: "empty" }, h("h1", {}, "No camera yet"), mayEdit
  ? h("p", {}, h("a", { class: "button", href: "#setup/+" }, "Add a camera"))
  : h("p", {}, "Add one to “cameras:” in the configuration, then restart mqttcam."));
