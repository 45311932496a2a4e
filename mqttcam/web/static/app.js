// The page: loads the cameras, shows one or all of them, and keeps them up to date.

/** @import { Camera, CameraList, NodeDescription, Session, State } from "./types" */

import { ApiError, UpdateStream, cameras, live, login, onUnauthorized, session } from "./api.js";
import { CameraView } from "./camera.js";
import { arrange, byId, h, icon } from "./dom.js";
import { loginForm } from "./login.js";
import { NodeView } from "./node.js";
import { Overview } from "./overview.js";

const main = byId("main");
const tabs = byId("tabs");
const link = byId("link");
const notices = byId("notices");
const settings = byId("settings");
settings.append(icon("gear"));

const FADE = 10; // pixels at either end of the tabs

/** @typedef {{list: CameraList, identity: Session}} Loaded */

const page = {
  /** @type {Loaded | null} */
  loaded: null,
  /** @type {NodeView | null} */
  node: null,
  nodeKey: "",
  /** @type {CameraView | Overview | null} */
  view: null,
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
  settings.hidden = false;
  byId("node").textContent = node.id;
}

const tabElements = () => /** @type {HTMLAnchorElement[]} */ ([...tabs.children]);

/** @param {Camera[]} all */
function makeTabs(all) {
  const old = new Map(tabElements().map((tab) => [tab.hash, tab]));
  /**
   * @param {string} id
   * @param {string} name
   */
  const tab = (id, name) => {
    const element = old.get(`#/${id}`) ?? h("a", { href: `#/${id}` });
    element.textContent = name;
    return element;
  };
  arrange(tabs, all.length > 1 ? [tab("", "All"), ...all.map(({ id, name }) => tab(id, name))] : []);
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
  const { list, identity } = page.loaded;
  const wanted = location.hash.slice(2);
  const all = list.cameras;
  const camera = all.find(({ id }) => id === wanted) ?? (all.length === 1 ? all[0] : undefined);
  document.title = `${camera?.name ?? list.node.id} · mqttcam`;
  for (const tab of tabElements()) {
    if (tab.hash === `#/${camera?.id ?? ""}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  scrollToTab(tabs.querySelector("[aria-current]"));
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

/**
 * Scrolls the tabs only: `scrollIntoView` would also scroll a dashboard that embeds the page.
 * @param {Element | null} tab
 */
function scrollToTab(tab) {
  if (!tab) return;
  const [outer, inner] = [tabs.getBoundingClientRect(), tab.getBoundingClientRect()];
  const [before, after] = [outer.left + FADE - inner.left, inner.right - outer.right + FADE];
  if (before > 0) tabs.scrollLeft -= before;
  else if (after > 0) tabs.scrollLeft += Math.min(after, -before);
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
  settings.hidden = true;
  tabs.replaceChildren();
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
