// The player: a clip or a picture of the time line, with what can be done with it.

/** @import { Entry } from "./types" */

import { ApiError } from "./api.js";
import { whatOf } from "./cards.js";
import { confirmed, errorText, h, icon, iconButton, modal, toast } from "./dom.js";
import { dateTime, number } from "./format.js";
import { photoView } from "./photos.js";
import { inDialog } from "./previews.js";
import { clipOf, pictureOf } from "./recorded.js";
import { openShare } from "./share.js";

/**
 * What the player shows, and how it changes it.
 * @typedef {object} Source
 * @property {Entry[]} items Newest first.
 * @property {boolean} mayControl
 * @property {(camera: string) => string} nameOf
 * @property {() => Promise<void>} loadOlder
 * @property {(entry: Entry, keep: boolean) => Promise<void>} keep
 * @property {(entry: Entry) => Promise<void>} remove
 */

export class Player {
  /**
   * @param {Source} source
   * @param {string} id Of the entry that is shown first.
   */
  constructor(source, id) {
    this.source = source;
    this.shown = /** @type {Entry} */ (source.items.find((item) => item.id === id));
    this.caption = h("p", { class: "caption", "aria-live": "polite" });
    this.place = h("div", { class: "clip" });
    this.save = h("a", { class: "round", "aria-label": "Download", title: "Download", download: "" }, icon("save"));
    this.star = iconButton("star", "Favourite", () => this.keep());
    this.newer = iconButton("left", "Newer", () => this.step(-1));
    this.older = iconButton("right", "Older", () => this.step(1));
    this.shareButton = iconButton("share", "Share", () => openShare(this.entry));
    const { mayControl } = source;
    const bar = h("div", { class: "viewbar" }, this.caption, this.newer, this.older,
      mayControl ? this.star : null, this.save, mayControl ? this.shareButton : null,
      mayControl ? iconButton("bin", "Delete", () => this.remove()) : null,
      iconButton("close", "Close", () => this.dialog.close()));
    const { dialog, done } = modal("view", "Event", this.place, bar);
    this.dialog = dialog;
    done.then(() => this.release());
    dialog.addEventListener("keydown", (event) => this.onKey(event));
    this.show(this.entry);
  }

  get index() {
    return this.source.items.findIndex((item) => item.id === this.shown.id);
  }

  /** What is shown, as the list has it now, or as it was if it has left the list. */
  get entry() {
    return this.source.items[this.index] ?? this.shown;
  }

  /**
   * The arrow keys show newer and older entries, unless the video has the focus, where they seek.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    if (event.target instanceof HTMLVideoElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft") this.step(-1);
    else if (event.key === "ArrowRight") this.step(1);
  }

  /** @param {Entry} entry */
  show(entry) {
    this.shown = entry;
    this.release();
    this.place.replaceChildren(viewOf(entry));
    const file = clipOf(entry) ?? pictureOf(entry);
    this.save.href = `${file}?download`;
    this.save.hidden = this.shareButton.hidden = !file;
    this.star.setAttribute("aria-pressed", String(entry.keep));
    this.newer.disabled = this.index <= 0;
    const score = entry.score === null ? "" : `${number(entry.score, 0.1)} % changed`;
    this.caption.textContent = [this.source.nameOf(entry.camera), dateTime(Date.parse(entry.from) / 1000), whatOf(entry), score].filter(Boolean).join(" · ");
  }

  /** @param {number} by */
  async step(by) {
    const wanted = this.index + by;
    if (this.index < 0) return; // it has left the list
    if (wanted >= this.source.items.length) {
      await this.source.loadOlder();
      this.older.disabled = this.index + by >= this.source.items.length;
    } else if (by < 0) this.older.disabled = false;
    const found = this.source.items[this.index + by];
    if (found && this.dialog.open) this.show(found);
  }

  async keep() {
    const { entry } = this;
    await this.source.keep(entry, !entry.keep).catch(report);
    if (this.shown.id === entry.id) this.star.setAttribute("aria-pressed", String(this.entry.keep));
  }

  async remove() {
    const { entry } = this;
    const what = entry.type === "photo" ? "photo" : entry.type === "series" ? "file of a series" : "event and its recording";
    if (!(await confirmed(`Delete this ${what}?`, "Delete"))) return;
    await this.source.remove(entry).then(() => this.dialog.close(), report);
  }

  /** Ends the video, with its connection to the server. */
  release() {
    const video = this.place.querySelector("video");
    this.place.replaceChildren();
    video?.removeAttribute("src");
    video?.load();
  }
}

/** @param {unknown} error */
function report(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status !== 401) toast(errorText(error), "error");
}

/** @param {Entry} entry */
function viewOf(entry) {
  const [clip, picture] = [clipOf(entry), pictureOf(entry)];
  if (entry.type === "photo" || (entry.type === "series" && !clip)) return photoView(entry);
  if (!clip) {
    return h("div", {}, picture ? h("img", { src: inDialog(picture), alt: "" }) : null, h("p", { class: "note" }, "Still being recorded."));
  }
  const video = h("video", { src: clip, poster: picture && inDialog(picture), controls: true, autoplay: true, playsinline: true });
  video.muted = true; // no browser starts a video with sound by itself
  video.addEventListener("error", () => {
    if (video.isConnected) video.replaceWith(h("p", { class: "note" }, "This browser cannot play the video. Download it, or use another browser."));
  });
  return video;
}
