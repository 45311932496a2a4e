// What is wrong, what to do about it, and when mqttcam tries again. Loaded when it is opened for the first time.

/** @import { CameraList, EndedProblem, Problem, Session, State, Trouble } from "./types" */

import { ApiError, trouble } from "./api.js";
import { arrange, h, icon, loadStyle } from "./dom.js";
import { duration, moment } from "./format.js";
import { RetryButton, seconds, timesOf } from "./problem.js";

await loadStyle("trouble");

const PREFIX = "#trouble";

export class TroubleView {
  /**
   * @param {CameraList} list
   * @param {Session} identity
   */
  constructor(list, identity) {
    this.mayControl = identity.role === "admin";
    /** @type {Map<string, {key: string, card: Card}>} */
    this.cards = new Map();
    /** @type {Trouble | null} */
    this.loaded = null;
    /** @type {Problem[]} */
    this.present = [];
    this.ids = "";
    this.ahead = 0; // seconds by which the clock of the node is ahead of ours
    this.timer = 0;
    this.title = h("h1", {});
    this.everything = h("a", { class: "button quiet", href: PREFIX, hidden: true }, "All problems");
    this.list = h("div", { class: "problems" });
    this.well = h("div", { class: "empty well", hidden: true });
    this.ended = h("ul", { class: "ended" });
    this.past = h("section", { hidden: true, "aria-label": "Ended" }, h("h2", {}, "Ended in the last 24 hours"), this.ended);
    this.element = h("section", { class: "troublelist" },
      h("div", { class: "troublebar" }, this.title, this.everything), this.list, this.well, this.past);
    this.adopt(list);
  }

  /**
   * Takes over a new list of cameras, and the camera in the address.
   * @param {CameraList} list
   */
  adopt({ cameras }) {
    this.names = new Map(cameras.map(({ id, name }) => [id, name]));
    this.camera = location.hash.slice(PREFIX.length + 1);
    this.title.textContent = this.camera ? `Problems of ${this.name(this.camera)}` : "Problems";
    this.everything.hidden = !this.camera;
    this.show();
  }

  /** @param {string} id */
  name(id) {
    return this.names?.get(id) ?? id;
  }

  start() {
    this.load();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), 500);
  }

  stop() {
    clearInterval(this.timer);
  }

  restart() {
    this.load();
  }

  /** Reads what has ended, and the clock of the node. */
  async load() {
    try {
      this.loaded = await trouble();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return;
    }
    this.ahead = seconds(this.loaded.now) - Date.now() / 1000;
    this.present = this.loaded.trouble;
    this.show();
  }

  /**
   * @param {State} state
   * @param {boolean} connected
   */
  update(state, connected) {
    this.element.classList.toggle("lost", !connected);
    if (!state.trouble || state.trouble === this.present) return;
    this.present = state.trouble;
    const ids = this.present.map(({ id }) => id).join();
    if (ids !== this.ids && this.ids && this.timer) this.load();
    this.ids = ids || " ";
    this.show();
  }

  show() {
    if (!this.loaded) return;
    const { camera } = this;
    /** @param {{cameras: string[]}} problem */
    const isShown = ({ cameras }) => !camera || cameras.includes(camera);
    const old = this.cards;
    this.cards = new Map(this.present.filter(isShown).map((problem) => {
      const key = JSON.stringify([problem.part, problem.text, problem.hint, problem.level, problem.cameras.map((id) => this.name(id))]);
      const before = old.get(problem.id);
      const kept = before?.key === key ? before : { key, card: new Card(problem, this.who(problem), this.mayControl, () => this.load()) };
      kept.card.update(problem);
      return [problem.id, kept];
    }));
    arrange(this.list, [...this.cards.values()].map(({ card }) => card.element));
    this.well.hidden = this.cards.size > 0;
    if (!this.well.hidden) this.well.replaceChildren(...this.allIsWell());
    const ended = this.loaded.ended.filter(isShown);
    this.past.hidden = !ended.length;
    this.ended.replaceChildren(...ended.map((problem) => this.line(problem)));
    this.tick();
  }

  /** @param {Problem | EndedProblem} problem */
  who({ cameras, part }) {
    return cameras.length ? cameras.map((id) => this.name(id)).join(", ") : part;
  }

  allIsWell() {
    const count = this.names?.size ?? 0;
    const cameras = this.camera ? [this.name(this.camera)] : [count === 1 ? "1 camera" : `${count} cameras`];
    const watched = this.camera ? cameras : [...cameras, ...(this.loaded?.watched ?? [])];
    return [icon("well"), h("h2", {}, "All is well"), h("p", {}, `Monitored: ${watched.join(", ")}.`)];
  }

  /** @param {EndedProblem} problem */
  line(problem) {
    const from = seconds(problem.since), to = seconds(problem.ended);
    const times = problem.times > 1 ? `, ${problem.times} times` : "";
    const part = problem.cameras.length && problem.part !== "Camera" ? ` · ${problem.part}` : "";
    return h("li", {}, icon("well"), h("p", {}, h("b", {}, this.who(problem) + part), h("span", {}, problem.text),
      h("small", {}, `Ended ${moment(new Date(to * 1000))} after ${duration(Math.max(1, to - from))}${times}`)));
  }

  /** Lets the times go on. */
  tick() {
    const now = Date.now() / 1000 + this.ahead;
    for (const { card } of this.cards.values()) card.tick(now);
  }
}

class Card {
  /**
   * @param {Problem} problem
   * @param {string} who
   * @param {boolean} mayControl
   * @param {() => void} onGone Called if the problem has ended before it was retried.
   */
  constructor(problem, who, mayControl, onGone) {
    this.problem = problem;
    this.since = h("span", {});
    this.next = h("span", { class: "next" });
    this.retry = new RetryButton(mayControl, "button quiet", onGone);
    const part = problem.cameras.length && problem.part !== "Camera" ? problem.part : problem.level === "warning" ? "Warning" : "";
    this.element = h("article", { class: `problem ${problem.level}`, "data-id": problem.id },
      icon(problem.level === "warning" ? "note" : "warn"),
      h("div", { class: "what" },
        h("h2", {}, who, part ? h("small", {}, part) : null),
        h("p", {}, problem.text),
        problem.hint ? h("p", { class: "todo" }, problem.hint) : null,
        h("p", { class: "times" }, this.since, this.next)),
      this.retry.element);
  }

  /** @param {Problem} problem */
  update(problem) {
    this.problem = problem;
    this.retry.update(problem);
  }

  /** @param {number} now By the clock of the node. */
  tick(now) {
    const { since, next } = timesOf(this.problem, now);
    this.since.textContent = since;
    this.next.textContent = next;
  }
}
