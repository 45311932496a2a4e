// The page: loads the cameras, shows one or all of them, and keeps them up to date.

/** @import { Camera, CameraList, NodeDescription, Session, State } from "./types" */

import { ApiError, UpdateStream, cameras, live, login, onUnauthorized, session } from "./api.js";
import { CameraView } from "./camera.js";
import { arrange, byId, errorText, h, icon, toast } from "./dom.js";
import "./keys.js";
import { loginForm } from "./login.js";
import { NodeView } from "./node.js";
import { Overview } from "./overview.js";
import { StateLink } from "./state.js";
import { makeTabs, markTab } from "./tabs.js";
import { PLACES, placeAt } from "./views.js";

const RETRY = 3000; // milliseconds until the page is built again after a failure

const main = byId("main");
const stateLink = new StateLink(byId("link"), byId("status"));
const settings = byId("settings");
settings.append(icon("gear"));
const places = byId("places");
const placeLinks = new Map(PLACES.map((place) => [place, placeLink(place)]));

/** @typedef {{list: CameraList, identity: Session}} Loaded */
/** @typedef {import("./views.js").View} View */
/** @typedef {import("./views.js").Place} Place */

const page = {
  /** @type {Loaded | null} */
  loaded: null,
  /** @type {NodeView | null} */
  node: null,
  nodeKey: "",
  /** @type {CameraView | Overview | View | null} */
  view: null,
  /** @type {Place | undefined} Whose view is shown, unless a camera or all of them are. */
  place: undefined,
  connected: false,
  lost: false,
  building: false,
  retry: 0,
  overviewScroll: 0,
  afterLogin: false,
  anonymous: false,
};
const updates = new UpdateStream(onUpdate, onConnection);
settings.addEventListener("click", () => page.node?.open());

/** Loads and shows the cameras: at the start, after a login, and when cameras or their entities have changed. */
async function build() {
  if (page.building) return;
  page.building = true;
  clearTimeout(page.retry);
  try {
    const identity = await session();
    if (page.anonymous) clear();
    page.anonymous = false;
    if (identity.role !== page.loaded?.identity.role) clear();
    const list = await cameras();
    page.loaded = { list, identity };
    makeNode(list.node, identity);
    makeTabs(list.cameras);
    keepCamera(list.cameras);
    navigate();
    updates.open();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 401) {
      page.retry = setTimeout(build, RETRY);
      onConnection(false, Date.now() + RETRY);
    }
  } finally {
    page.building = false;
  }
}

/**
 * Replaces the node's drawer only after a login or an upgrade: it may be open.
 * @param {NodeDescription} node
 * @param {Session} identity
 */
function makeNode(node, identity) {
  const key = JSON.stringify([identity, { ...node, state: null }]);
  if (!page.node || page.nodeKey !== key) page.node = new NodeView(node, identity);
  page.nodeKey = key;
  settings.hidden = false;
  arrange(places, PLACES.filter(({ shown }) => shown(identity)).map((place) => /** @type {HTMLElement} */ (placeLinks.get(place))));
  byId("node").textContent = node.id;
}

/** @param {Place} place */
function placeLink({ hash, title, symbol }) {
  return h("a", { class: "round labelled", id: hash.slice(1), href: hash, "aria-label": title, title }, icon(symbol), h("span", {}, title));
}

/**
 * Marks the link of the place that is shown, and lets the links lead to the same camera's events and so on.
 * @param {Place | undefined} current
 * @param {string} [camera]
 */
function markPlace(current, camera) {
  stateLink.mark(current?.hash);
  for (const [place, anchor] of placeLinks) {
    if (place === current) anchor.setAttribute("aria-current", "page");
    else {
      anchor.removeAttribute("aria-current");
      anchor.href = camera ? `${place.hash}/${camera}` : place.hash;
    }
  }
}

const shownCamera = () => (page.view instanceof CameraView ? page.view.camera.id : undefined);

/**
 * Stays at the only camera when others are added: its address would now be that of all cameras.
 * @param {Camera[]} all
 */
function keepCamera(all) {
  const shown = shownCamera();
  const named = all.some(({ id }) => id === location.hash.slice(2));
  if (!named && all.some(({ id }) => id === shown)) history.replaceState(null, "", `#/${shown}`);
}

/** Shows the camera in the address (`#/front`), a view of its own (`#events`), or all cameras. Updates the view if it is shown already. */
function navigate() {
  if (!page.loaded) return;
  const place = placeAt(location.hash);
  if (place) {
    showPlace(place);
    return;
  }
  const { list, identity } = page.loaded;
  const wanted = location.hash.slice(2);
  const all = list.cameras;
  const camera = all.find(({ id }) => id === wanted) ?? (all.length === 1 ? all[0] : undefined);
  document.title = `${camera?.name ?? list.node.id} · mqttcam`;
  markTab(`#/${camera?.id ?? ""}`);
  markPlace(undefined, all.length > 1 ? camera?.id : undefined);
  const view = page.view;
  if (view instanceof CameraView && view.camera.id === camera?.id) view.adopt(camera);
  else if (view instanceof Overview && !camera) view.adopt(all);
  else open(camera ? new CameraView(camera, identity.role === "admin") : new Overview(all, identity.role === "admin"));
  show();
  if (!document.hidden) page.view?.start();
}

/**
 * Shows a view of its own, and loads what it needs before.
 * @param {Place} place
 */
async function showPlace(place) {
  let kind;
  try {
    kind = await place.load();
  } catch (error) {
    toast(errorText(error), "error");
    return;
  }
  if (!page.loaded || placeAt(location.hash) !== place) return;
  const { list, identity } = page.loaded;
  document.title = `${place.title} · mqttcam`;
  markTab(place.hash);
  markPlace(place);
  if (page.place === place && page.view && "adopt" in page.view) /** @type {View} */ (page.view).adopt(list);
  else {
    open(new kind(list, identity), place);
    if (!document.hidden) page.view?.start();
  }
  show();
}

/**
 * Replaces the view.
 * @param {CameraView | Overview | View} view
 * @param {Place} [place]
 */
function open(view, place) {
  clear();
  page.view = view;
  page.place = place;
  main.replaceChildren(view.element);
}

function clear() {
  page.view?.stop();
  page.view = null;
  page.place = undefined;
}

/** @param {State} state */
function onUpdate(state) {
  if (page.loaded && state.revision !== page.loaded.list.revision) {
    build();
    return;
  }
  page.node?.update(state.node);
  stateLink.setTrouble(state.trouble);
  show();
}

function show() {
  const { view, connected } = page;
  const { cameras: states } = updates.state;
  if (!view || !states) return;
  if (view instanceof Overview) view.update(states, connected);
  else if (!(view instanceof CameraView)) view.update(/** @type {State} */ (updates.state), connected);
  else if (states[view.camera.id]) view.update(states[view.camera.id], connected);
}

/**
 * The update stream has connected or failed.
 * @param {boolean} connected
 * @param {number} [nextTry] When it connects again, in milliseconds since 1970.
 */
function onConnection(connected, nextTry = 0) {
  const back = connected && page.lost;
  page.connected = connected;
  page.lost = !connected;
  stateLink.setConnected(connected, nextTry);
  show();
  if (back) page.view?.restart?.();
}

const NOT_KEPT = "This browser did not keep the login, as some do not within the page of another site. Open this page in its own tab.";

const TOKEN = "#token=";

/** Logs in with the token in the address (`#token=…`), if there is one, and builds the page. The token does not stay in the address. */
async function start() {
  if (!location.hash.startsWith(TOKEN)) return build();
  const token = location.hash.slice(TOKEN.length);
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await login("", token);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return build(); // an old link: what can be seen without it, or the form
  }
  return loggedIn();
}

/** Continues after a login. If another one is required at once, the browser has discarded the session cookie. */
async function loggedIn() {
  page.afterLogin = true;
  await build();
  page.afterLogin = false;
  if (page.view) main.focus({ preventScroll: true });
}

onUnauthorized.call = async () => {
  updates.close();
  clear();
  page.loaded = null;
  settings.hidden = true;
  places.replaceChildren();
  makeTabs([]);
  stateLink.clear();
  const found = page.afterLogin ? null : await live();
  if (found) showLive(found);
  else showLogin();
};

function showLogin() {
  page.anonymous = false;
  main.replaceChildren(loginForm(loggedIn, page.afterLogin ? NOT_KEPT : ""));
  main.querySelector("input")?.focus();
}

/**
 * Shows the pictures that everyone may see.
 * @param {Camera[]} all
 */
function showLive(all) {
  const button = h("button", { class: "button quiet", type: "button", onclick: () => { clear(); showLogin(); } }, "Log in");
  page.anonymous = true;
  page.view = new Overview(all, false);
  main.replaceChildren(page.view.element, h("p", { class: "hint" }, button));
  page.view.start();
}

// As with separate pages: a camera starts at its top, and the overview is where it was left.
addEventListener("hashchange", () => {
  if (location.hash.startsWith(TOKEN)) {
    start();
    return;
  }
  if (!shownCamera()) page.overviewScroll = scrollY;
  navigate();
  scrollTo(0, shownCamera() ? 0 : page.overviewScroll);
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
});

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the address names the camera
  main.focus();
});

// A hidden page receives neither pictures nor updates.
document.addEventListener("visibilitychange", () => {
  if (!page.view) return;
  if (document.hidden) {
    page.view.stop();
    updates.close();
  } else {
    page.view.start();
    if (!page.anonymous) updates.open();
  }
});
addEventListener("pagehide", () => {
  page.view?.stop();
  updates.close();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) build();
});

start();
