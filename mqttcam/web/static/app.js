// The page: loads the cameras, shows one or all of them, and keeps them up to date.

/** @import { Camera, CameraList, NodeDescription, Session, State } from "./types" */

import { ApiError, UpdateStream, cameras, live, login, onUnauthorized, session } from "./api.js";
import { CameraView } from "./camera.js";
import { byId, errorText, h, icon, toast } from "./dom.js";
import { loginForm } from "./login.js";
import { NodeView } from "./node.js";
import { Overview } from "./overview.js";
import { makeTabs, markTab } from "./tabs.js";

const main = byId("main");
const link = byId("link");
const notices = byId("notices");
const settings = byId("settings");
settings.append(icon("gear"));
const eventsLink = /** @type {HTMLAnchorElement} */ (byId("events"));
eventsLink.append(icon("film"), h("span", {}, "Events"));

const EVENTS = "#events";

/** @typedef {{list: CameraList, identity: Session}} Loaded */
/** @typedef {import("./events.js").EventsView} EventsView */

const page = {
  /** @type {Loaded | null} */
  loaded: null,
  /** @type {NodeView | null} */
  node: null,
  nodeKey: "",
  /** @type {CameraView | Overview | EventsView | null} */
  view: null,
  /** @type {typeof import("./events.js") | null} Loaded when it is needed. */
  events: null,
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
      page.retry = setTimeout(build, 3000);
      onConnection(false);
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
  settings.hidden = eventsLink.hidden = false;
  byId("node").textContent = node.id;
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

/** Shows the camera in the address (`#/front`), or all cameras. Updates the view if it is shown already. */
function navigate() {
  if (!page.loaded) return;
  if (location.hash.startsWith(EVENTS)) {
    showEvents();
    return;
  }
  const { list, identity } = page.loaded;
  const wanted = location.hash.slice(2);
  const all = list.cameras;
  const camera = all.find(({ id }) => id === wanted) ?? (all.length === 1 ? all[0] : undefined);
  document.title = `${camera?.name ?? list.node.id} · mqttcam`;
  markTab(`#/${camera?.id ?? ""}`);
  eventsLink.href = camera && all.length > 1 ? `${EVENTS}/${camera.id}` : EVENTS;
  eventsLink.removeAttribute("aria-current");
  const view = page.view;
  if (view instanceof CameraView && view.camera.id === camera?.id) view.adopt(camera);
  else if (view instanceof Overview && !camera) view.adopt(all);
  else {
    clear();
    page.view = camera ? new CameraView(camera, identity.role === "admin") : new Overview(all);
    main.replaceChildren(page.view.element);
  }
  show();
  if (!document.hidden) page.view?.start();
}

/** Shows the list of events, and loads what it needs before. */
async function showEvents() {
  try {
    page.events ??= await import("./events.js");
  } catch (error) {
    toast(errorText(error), "error");
    return;
  }
  if (!page.loaded || !location.hash.startsWith(EVENTS)) return;
  const { list, identity } = page.loaded;
  document.title = "Events · mqttcam";
  markTab(EVENTS);
  eventsLink.setAttribute("aria-current", "page");
  if (page.view instanceof page.events.EventsView) page.view.adopt(list.cameras);
  else {
    clear();
    page.view = new page.events.EventsView(list.cameras, identity.role === "admin");
    main.replaceChildren(page.view.element);
    if (!document.hidden) page.view.start();
  }
  show();
}

function clear() {
  page.view?.stop();
  page.view = null;
}

/** @param {State} state */
function onUpdate(state) {
  if (page.loaded && state.revision !== page.loaded.list.revision) {
    build();
    return;
  }
  page.node?.update(state.node);
  showProblems(state.problems);
  show();
}

/**
 * Changes the notices only if they differ: a screen reader reads each change aloud.
 * @param {string[]} problems
 */
function showProblems(problems) {
  const shown = [...notices.children].map(({ textContent }) => textContent);
  if (shown.join("\n") === problems.join("\n")) return;
  notices.replaceChildren(...problems.map((text) => h("p", {}, icon("warn"), text)));
}

function show() {
  const { cameras: states } = updates.state;
  if (!page.view || !states) return;
  if (page.view instanceof Overview) page.view.update(states, page.connected);
  else if (!(page.view instanceof CameraView)) page.view.update(updates.state);
  else if (states[page.view.camera.id]) page.view.update(states[page.view.camera.id], page.connected);
}

/**
 * The update stream has connected or failed.
 * @param {boolean} connected
 */
function onConnection(connected) {
  const back = connected && page.lost;
  page.connected = connected;
  page.lost = !connected;
  link.dataset.state = connected ? "on" : "off";
  link.textContent = connected ? "" : "Reconnecting";
  link.title = connected ? "Connected" : "The camera node does not answer; trying again";
  show();
  if (back) page.view?.restart();
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
  settings.hidden = eventsLink.hidden = true;
  makeTabs([]);
  notices.replaceChildren();
  link.textContent = "";
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
  page.view = new Overview(all);
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
