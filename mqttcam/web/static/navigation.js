// The view that the address names: of one camera (`#/front`), of all (`#/`), or another one (`#events`). Its links are marked in the bar.

/** @import { Camera, CameraList, Session, State } from "./types" */
/** @import { Place, View } from "./views.js" */

import { CameraView } from "./camera.js";
import { arrange, byId, errorText, h, icon, toast } from "./dom.js";
import { Overview } from "./overview.js";
import { makeTabs, markTab } from "./tabs.js";
import { PLACES, placeAt } from "./views.js";

/** @typedef {{list: CameraList, identity: Session}} Loaded */

export class Navigation {
  /** @param {(hash: string | undefined) => void} onPlace Called with the address of the place that is shown; undefined for cameras. */
  constructor(onPlace) {
    this.onPlace = onPlace;
    this.main = byId("main");
    this.places = byId("places");
    this.links = new Map(PLACES.map((place) => [place, placeLink(place)]));
    /** @type {Loaded | null} */
    this.loaded = null;
    /** @type {CameraView | Overview | View | null} */
    this.view = null;
    /** @type {Place | undefined} Whose view is shown, unless a camera or all of them are. */
    this.place = undefined;
    /** @type {Pick<State, "cameras"> | null} */
    this.state = null;
    this.connected = false;
  }

  /** The id of the camera that is shown alone. */
  get camera() {
    return this.view instanceof CameraView ? this.view.camera.id : undefined;
  }

  /**
   * Takes over what was loaded, and shows what the address names.
   * @param {Loaded} loaded
   */
  adopt(loaded) {
    this.loaded = loaded;
    const { list, identity } = loaded;
    arrange(this.places, [...this.links].filter(([{ shown }]) => shown(identity)).map(([, link]) => link));
    makeTabs(list.cameras);
    this.keepCamera(list.cameras);
    this.go();
  }

  /** Shows nothing, as without a login. */
  leave() {
    this.clear();
    this.loaded = this.state = null;
    this.places.replaceChildren();
    makeTabs([]);
  }

  /**
   * Stays at the only camera when others are added: its address would now be that of all cameras.
   * @param {Camera[]} all
   */
  keepCamera(all) {
    const shown = this.camera;
    const named = all.some(({ id }) => id === location.hash.slice(2));
    if (!named && all.some(({ id }) => id === shown)) history.replaceState(null, "", `#/${shown}`);
  }

  /** Shows what the address names. Updates the view if it is shown already. */
  go() {
    if (!this.loaded) return;
    const place = placeAt(location.hash);
    if (place) {
      this.showPlace(place);
      return;
    }
    const { list, identity } = this.loaded;
    const wanted = location.hash.slice(2);
    const all = list.cameras;
    const camera = all.find(({ id }) => id === wanted) ?? (all.length === 1 ? all[0] : undefined);
    document.title = `${camera?.name ?? list.node.id} · mqttcam`;
    this.mark(`#/${camera?.id ?? ""}`, undefined, all.length > 1 ? camera?.id : undefined);
    const { view } = this;
    if (view instanceof CameraView && view.camera.id === camera?.id) view.adopt(camera);
    else if (view instanceof Overview && !camera) view.adopt(all);
    else this.open(camera ? new CameraView(camera, identity.role === "admin") : new Overview(all, identity.role === "admin", identity.edit));
    this.refresh();
    if (!document.hidden) this.view?.start();
  }

  /**
   * Shows a view of its own, and loads what it needs before.
   * @param {Place} place
   */
  async showPlace(place) {
    let kind;
    try {
      kind = await place.load();
    } catch (error) {
      toast(errorText(error), "error");
      return;
    }
    if (!this.loaded || placeAt(location.hash) !== place) return;
    const { list, identity } = this.loaded;
    document.title = `${place.title} · mqttcam`;
    this.mark(place.hash, place);
    if (this.place === place && this.view && "adopt" in this.view) /** @type {View} */ (this.view).adopt(list);
    else {
      this.open(new kind(list, identity), place);
      if (!document.hidden) this.view?.start();
    }
    this.refresh();
  }

  /**
   * Marks the link of what is shown, and lets the others lead to the same camera's events and so on.
   * @param {string} hash
   * @param {Place} [current]
   * @param {string} [camera]
   */
  mark(hash, current, camera) {
    markTab(hash);
    this.onPlace(current?.hash);
    for (const [place, link] of this.links) {
      if (place === current) link.setAttribute("aria-current", "page");
      else {
        link.removeAttribute("aria-current");
        link.href = camera ? `${place.hash}/${camera}` : place.hash;
      }
    }
  }

  /**
   * Replaces the view.
   * @param {CameraView | Overview | View} view
   * @param {Place} [place]
   */
  open(view, place) {
    this.clear();
    this.view = view;
    this.place = place;
    this.main.replaceChildren(view.element);
  }

  clear() {
    this.view?.stop();
    this.view = null;
    this.place = undefined;
  }

  /**
   * Shows the live values.
   * @param {Pick<State, "cameras">} state Without a login, of cameras only.
   * @param {boolean} connected
   */
  update(state, connected) {
    this.state = state;
    this.connected = connected;
    this.refresh();
  }

  refresh() {
    if (this.state) this.view?.update(/** @type {State} */ (this.state), this.connected);
  }
}

/** @param {Place} place */
function placeLink({ hash, title, symbol }) {
  return h("a", { class: "round labelled", id: hash.slice(1), href: hash, "aria-label": title, title }, icon(symbol), h("span", {}, title));
}
