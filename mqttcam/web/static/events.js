// The list of events with their pictures, and the player of their clips. Loaded when it is opened for the first time.

/** @import { CameraList, RecordedEvent, Session, State } from "./types" */

import { ApiError, deleteEvent, events, keepEvent } from "./api.js";
import { arrange, confirmed, errorText, h, icon, iconButton, loadStyle, modal, toast } from "./dom.js";
import { dateTime, duration, number } from "./format.js";
import { PHOTO_PAGE, listPhotos, photoView, removePhoto, setPhotoKeep } from "./photos.js";

await loadStyle("events");

const PAGE = 48;
const MOST = 500; // events in one request

/** @type {Record<string, string>} */
const TYPES = { motion: "Motion", recording: "Recording", detection: "Detection", photo: "Photo" };

/** The address of the list: `#events`, or `#events/front` for one camera. */
const PREFIX = "#events";

const seconds = (/** @type {string} */ iso) => Date.parse(iso) / 1000;

export class EventsView {
  /**
   * @param {CameraList} list
   * @param {Session} identity
   */
  constructor(list, identity) {
    this.mayControl = identity.role === "admin";
    /** @type {Map<string, string>} The names of the cameras by their ids. */
    this.names = new Map();
    /** @type {RecordedEvent[]} Newest first. */
    this.items = [];
    /** @type {Map<string, {key: string, element: HTMLElement}>} The present cards by the ids of their events. */
    this.cards = new Map();
    this.changes = -1;
    this.started = false;
    this.loading = false;
    this.again = false;
    this.camera = h("select", { "aria-label": "Camera", onchange: () => this.choose() });
    this.type = h("select", { "aria-label": "Type", onchange: () => this.restart() },
      h("option", { value: "" }, "All events"),
      ...Object.entries(TYPES).map(([value, name]) => h("option", { value }, name)));
    this.list = h("ul", { class: "events" });
    this.empty = h("div", { class: "empty", hidden: true });
    this.older = h("button", { type: "button", class: "button quiet", hidden: true, onclick: () => this.loadOlder() }, "Older events");
    this.element = h("section", { class: "eventlist", "aria-label": "Events" },
      h("div", { class: "eventbar" }, h("h1", {}, "Events"), this.camera, this.type),
      this.list, this.empty, h("p", { class: "more" }, this.older));
    this.adopt(list);
  }

  /**
   * Takes over a new list of cameras, and the camera in the address.
   * @param {CameraList} list
   */
  adopt({ cameras }) {
    this.names = new Map(cameras.map(({ id, name }) => [id, name]));
    const wanted = location.hash.slice(PREFIX.length + 1);
    if (wanted && !this.names.has(wanted)) this.names.set(wanted, wanted);
    this.camera.replaceChildren(h("option", { value: "" }, "All cameras"),
      ...[...this.names].map(([value, name]) => h("option", { value }, name)));
    this.camera.hidden = this.names.size < 2;
    if (this.camera.value !== wanted) {
      this.camera.value = wanted;
      if (this.started) this.restart();
    }
  }

  choose() {
    history.replaceState(null, "", this.camera.value ? `${PREFIX}/${this.camera.value}` : PREFIX);
    this.restart();
  }

  start() {
    this.started = true;
    this.load();
  }

  stop() {
    this.started = false;
  }

  /** Reads the list again from its beginning. */
  restart() {
    this.items = [];
    this.load();
  }

  /**
   * Reads the list again if it has changed.
   * @param {State} state
   */
  update(state) {
    const { events: changes = 0 } = state;
    const changed = this.changes >= 0 && changes !== this.changes;
    this.changes = changes;
    if (changed && this.started) this.load();
  }

  /** Reads as many events as are shown, and at least one page. */
  async load() {
    this.again = true;
    if (this.loading) return;
    this.loading = true;
    try {
      while (this.again) {
        this.again = false;
        const limit = Math.min(MOST, Math.max(this.page, this.items.length));
        const found = await this.find({ limit });
        if (!this.again) this.show(found, found.length === limit);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.loading = false;
    }
  }

  get page() {
    return this.type.value === "photo" ? PHOTO_PAGE : PAGE;
  }

  /** @param {{limit: number, before?: string}} query */
  find(query) {
    const camera = this.camera.value;
    if (this.type.value === "photo") return listPhotos({ camera, ...query });
    return events({ camera, type: this.type.value, ...query });
  }

  async loadOlder() {
    const before = this.items.at(-1)?.id;
    this.older.disabled = true;
    try {
      const found = await this.find({ limit: this.page, before });
      this.show([...this.items, ...found], found.length === this.page);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) await this.load(); // the last one was deleted
      else this.fail(error);
    } finally {
      this.older.disabled = false;
    }
  }

  /** @param {unknown} error */
  fail(error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 401) toast(errorText(error), "error");
  }

  /**
   * @param {RecordedEvent[]} items
   * @param {boolean} more Whether there may be older ones.
   */
  show(items, more) {
    this.items = items;
    const old = this.cards;
    this.cards = new Map(items.map((item) => {
      const key = JSON.stringify([item, this.names.get(item.camera)]);
      const before = old.get(item.id);
      return [item.id, before?.key === key ? before : { key, element: this.card(item) }];
    }));
    arrange(this.list, [...this.cards.values()].map(({ element }) => element));
    this.older.hidden = !more;
    this.empty.hidden = items.length > 0;
    if (!items.length) this.empty.replaceChildren(...this.nothing());
  }

  nothing() {
    if (this.camera.value || this.type.value) return [h("p", {}, "No such events.")];
    return [
      h("h1", {}, "Nothing recorded yet"),
      h("p", {}, "To record motion, set “motion: true” and “record: true” in a camera's section of the configuration."),
    ];
  }

  /** @param {RecordedEvent} item */
  card(item) {
    const name = this.names.get(item.camera) ?? item.camera;
    const begin = seconds(item.from);
    const lasted = item.photo ? "" : item.to === null ? "now" : duration(Math.max(1, seconds(item.to) - begin));
    const what = [TYPES[item.type], ...item.zones, ...item.labels].join(", ");
    const picture = item.picture
      ? h("img", { src: item.photo ?? `events/${item.id}/picture.jpg`, alt: "", loading: "lazy" })
      : h("span", { class: "nopicture" }, icon("film"));
    const keep = item.keep ? h("span", { class: "kept" }, icon("star")) : null;
    return h("li", {}, h("button", {
      type: "button", class: "event", "data-id": item.id, onclick: () => this.open(item.id),
      "aria-label": [what, name, dateTime(begin), lasted, item.keep ? "favourite" : ""].filter(Boolean).join(", "),
    }, picture, keep, h("span", { class: "when" }, dateTime(begin)), h("span", { class: "what" }, [name, what, lasted].filter(Boolean).join(" · "))));
  }

  /**
   * Opens the player. The left and right arrow keys show newer and older events while the video has no focus.
   * @param {string} id
   */
  open(id) {
    const caption = h("p", { class: "caption", "aria-live": "polite" });
    const place = h("div", { class: "clip" });
    const save = h("a", { class: "round", "aria-label": "Download", title: "Download", download: "" }, icon("save"));
    const star = iconButton("star", "Favourite", () => this.keep(id, star));
    /** @param {string} wanted */
    const show = (wanted) => {
      const item = this.items.find((candidate) => candidate.id === wanted);
      if (!item) return;
      id = wanted;
      release(place);
      place.replaceChildren(player(item));
      save.href = `${item.photo ?? `events/${id}/clip.mp4`}?download`;
      save.hidden = !item.photo && item.clip === null;
      star.setAttribute("aria-pressed", String(item.keep));
      const score = item.score === null ? "" : ` · ${number(item.score, 0.1)} % changed`;
      caption.textContent = `${this.names.get(item.camera) ?? item.camera} · ${dateTime(seconds(item.from))}${score}`;
    };
    /** @param {number} by */
    const step = (by) => {
      const index = this.items.findIndex((item) => item.id === id) + by;
      if (this.items[index]) show(this.items[index].id);
    };
    const remove = async () => {
      const what = this.items.find((item) => item.id === id)?.photo ? "photo" : "event and its recording";
      if (!(await confirmed(`Delete this ${what}?`, "Delete"))) return;
      if (await this.delete(id)) dialog.close();
    };
    const bar = h("div", { class: "viewbar" }, caption,
      iconButton("left", "Newer", () => step(-1)), iconButton("right", "Older", () => step(1)),
      this.mayControl ? star : null, save, this.mayControl ? iconButton("bin", "Delete", remove) : null,
      iconButton("close", "Close", () => dialog.close()));
    const { dialog, done } = modal("view", "Event", place, bar);
    done.then(() => release(place));
    dialog.addEventListener("keydown", (event) => {
      if (event.target instanceof HTMLVideoElement) return;
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    });
    show(id);
  }

  /**
   * @param {string} id
   * @param {HTMLElement} star
   */
  async keep(id, star) {
    const wanted = star.getAttribute("aria-pressed") !== "true";
    const isPhoto = this.items.find((item) => item.id === id)?.photo;
    try {
      const changed = await (isPhoto ? setPhotoKeep : keepEvent)(id, wanted);
      star.setAttribute("aria-pressed", String(changed.keep));
      this.show(this.items.map((item) => (item.id === id ? changed : item)), !this.older.hidden);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * @param {string} id
   * @returns {Promise<boolean>} Whether it is gone.
   */
  async delete(id) {
    const address = this.items.find((item) => item.id === id)?.photo;
    try {
      await (address ? removePhoto(address) : deleteEvent(id));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) {
        this.fail(error);
        return false;
      }
    }
    this.show(this.items.filter((item) => item.id !== id), !this.older.hidden);
    return true;
  }
}

/** @param {RecordedEvent} item */
function player(item) {
  if (item.photo) return photoView(item);
  const picture = item.picture ? `events/${item.id}/picture.jpg` : null;
  if (item.clip === null) {
    return h("div", {}, picture ? h("img", { src: picture, alt: "" }) : null, h("p", { class: "note" }, "Still being recorded."));
  }
  const video = h("video", { src: `events/${item.id}/clip.mp4`, poster: picture, controls: true, autoplay: true, playsinline: true });
  video.muted = true; // no browser starts a video with sound by itself
  video.addEventListener("error", () => {
    if (video.isConnected) video.replaceWith(h("p", { class: "note" }, "This browser cannot play the video. Download it, or use another browser."));
  });
  return video;
}

/**
 * Ends the video in an element, with its connection to the server.
 * @param {HTMLElement} place
 */
function release(place) {
  const video = place.querySelector("video");
  place.replaceChildren();
  video?.removeAttribute("src");
  video?.load();
}
