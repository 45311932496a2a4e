// The filters of the time line. They are in the address: a link, or a reload, shows the same.

/** @import { Camera } from "./types" */

import { ApiError } from "./api.js";
import { h } from "./dom.js";
import { timelineFilters } from "./recorded.js";

/** The address of the time line: `#events`, or `#events/front?type=motion&zone=gate&before=…` for a part of it. */
const PREFIX = "#events";

/** @type {Record<string, string>} */
export const TYPES = { motion: "Motion", recording: "Recording", detection: "Detection", photo: "Photo", series: "Series" };

/** @type {Record<string, [one: string, several: string]>} */
const COUNTED = {
  motion: ["motion event", "motion events"], recording: ["recording", "recordings"], detection: ["detection", "detections"],
  photo: ["photo", "photos"], series: ["series picture", "series pictures"],
};

/**
 * A number of entries of a type, in words.
 * @param {string} type
 * @param {number} count
 */
export const counted = (type, count) => `${count.toLocaleString()} ${COUNTED[type][count === 1 ? 0 : 1]}`;

/** @typedef {{camera: string, type: string, zone: string, label: string, before: string}} Values Empty: all, or the newest. */

/**
 * @param {Partial<Values>} values
 * @returns {string}
 */
export function addressOf({ camera, ...rest }) {
  const query = new URLSearchParams(Object.entries(rest).filter(([, value]) => value));
  return `${PREFIX}${camera ? `/${camera}` : ""}${query.size ? `?${query}` : ""}`;
}

/** @returns {Values} */
function inAddress() {
  const [path, query] = location.hash.slice(PREFIX.length).split("?");
  const given = new URLSearchParams(query);
  const [type, zone, label, before] = ["type", "zone", "label", "before"].map((name) => given.get(name) ?? "");
  return { camera: path.slice(1), type: type in TYPES ? type : "", zone, label, before: Number.isNaN(Date.parse(before)) ? "" : before };
}

export class Filters {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {Map<string, string>} The names of the cameras by their ids. */
    this.names = new Map();
    /** @type {Values} */
    this.values = inAddress();
    /** @type {Record<"camera" | "type" | "zone" | "label", HTMLSelectElement>} */
    this.selects = { camera: this.select("camera", "Camera"), type: this.select("type", "Type"), zone: this.select("zone", "Zone"), label: this.select("label", "Label") };
    this.fill("type", "Everything", Object.entries(TYPES));
    this.selects.zone.hidden = this.selects.label.hidden = true;
    this.element = h("div", { class: "filters" }, ...Object.values(this.selects));
  }

  /**
   * @param {"camera" | "type" | "zone" | "label"} name
   * @param {string} label
   */
  select(name, label) {
    return h("select", { "aria-label": label, onchange: () => this.set({ [name]: this.selects[name].value }) });
  }

  /**
   * Takes over a new list of cameras, and what is in the address.
   * @param {Camera[]} cameras
   * @returns {boolean} Whether another part of the time line is shown now.
   */
  adopt(cameras) {
    const before = JSON.stringify(this.values);
    this.values = inAddress();
    this.configured = new Map(cameras.map(({ id, name }) => [id, name]));
    this.nameCameras([...this.names.keys()]);
    this.selects.type.value = this.values.type;
    return JSON.stringify(this.values) !== before;
  }

  /**
   * Changes some of the values, and the address.
   * @param {Partial<Values>} changes
   */
  set(changes) {
    const { camera } = this.values;
    this.values = { ...this.values, ...changes };
    if (this.values.camera !== camera) this.values.zone = this.values.label = "";
    history.replaceState(null, "", addressOf(this.values));
    this.onChange();
  }

  /** @param {string[]} recorded The ids of cameras with recordings, which need not be configured any more. */
  nameCameras(recorded) {
    const configured = this.configured ?? new Map();
    const { camera } = this.values;
    this.names = new Map(configured);
    for (const id of [...recorded, camera]) if (id && !this.names.has(id)) this.names.set(id, id);
    this.fill("camera", "All cameras", [...this.names]);
    this.selects.camera.hidden = this.names.size < 2;
  }

  /** Offers the cameras, zones and labels that exist. */
  async load() {
    const { camera } = this.values;
    const { cameras, zones, labels } = await timelineFilters(camera).catch((error) => {
      if (!(error instanceof ApiError)) throw error;
      return { cameras: [], zones: [], labels: [] };
    });
    if (camera !== this.values.camera) return;
    this.nameCameras(cameras);
    this.fill("zone", "All zones", zones.map((name) => [name, name]));
    this.fill("label", "All labels", labels.map((name) => [name, name]));
  }

  /**
   * Fills a select, unless it has these options already: the open list of a select would be closed.
   * @param {"camera" | "type" | "zone" | "label"} name
   * @param {string} all
   * @param {[string, string][]} options
   */
  fill(name, all, options) {
    const select = this.selects[name];
    const value = this.values[name];
    const offered = value && !options.some(([one]) => one === value) ? [...options, [value, value]] : options;
    const key = JSON.stringify(offered);
    if (select.dataset.options !== key) {
      select.replaceChildren(h("option", { value: "" }, all), ...offered.map(([one, text]) => h("option", { value: one }, text)));
      select.dataset.options = key;
    }
    select.value = value;
    select.hidden = offered.length === 0;
  }
}
