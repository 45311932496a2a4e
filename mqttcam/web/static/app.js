// The page: loads the cameras, shows what the address names, and keeps it up to date.

/** @import { Camera, NodeDescription, Session, State } from "./types" */

import { ApiError, UpdateStream, cameras, live, login, onUnauthorized, session } from "./api.js";
import { byId, h, icon } from "./dom.js";
import "./keys.js";
import { loginForm } from "./login.js";
import { Navigation } from "./navigation.js";
import { NodeView } from "./node.js";
import { Overview } from "./overview.js";
import { StateLink } from "./state.js";

const RETRY = 3000; // milliseconds until the page is built again after a failure
const LIVE_INTERVAL = 5000; // milliseconds between two looks at the cameras without a login, where nothing is pushed

const main = byId("main");
const stateLink = new StateLink(byId("link"), byId("status"));
const settings = byId("settings");
settings.append(icon("gear"));

const page = {
  /** @type {NodeView | null} */
  node: null,
  nodeKey: "",
  lost: false,
  resting: false,
  building: false,
  retry: 0,
  overviewScroll: 0,
  afterLogin: false,
  anonymous: 0,
};
const navigation = new Navigation((hash) => stateLink.mark(hash));
const updates = new UpdateStream(onUpdate, onConnection);
settings.addEventListener("click", () => page.node?.open());

/** Loads and shows the cameras: at the start, after a login, and when cameras or their entities have changed. */
async function build() {
  if (page.building) return;
  page.building = true;
  clearTimeout(page.retry);
  try {
    const identity = await session();
    if (page.anonymous || identity.role !== navigation.loaded?.identity.role) navigation.leave();
    leaveLive();
    const list = await cameras();
    makeNode(list.node, identity);
    navigation.adopt({ list, identity });
    updates.open();
  } catch (error) {
    buildLater(error);
  } finally {
    page.building = false;
  }
}

/** @param {unknown} error Of a request. Whoever has to log in does so first. */
function buildLater(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) return;
  clearTimeout(page.retry);
  page.retry = setTimeout(build, RETRY);
  onConnection(false, Date.now() + RETRY);
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

/** @param {State} state */
function onUpdate(state) {
  const { loaded } = navigation;
  if (loaded && state.revision !== loaded.list.revision) {
    build();
    return;
  }
  page.node?.update(state.node);
  stateLink.setTrouble(state.trouble);
  navigation.update(state, true);
}

/**
 * The update stream has connected or failed.
 * @param {boolean} connected
 * @param {number} [nextTry] When it connects again, in milliseconds since 1970.
 */
function onConnection(connected, nextTry = 0) {
  const back = connected && page.lost;
  page.lost = !connected;
  stateLink.setConnected(connected, nextTry);
  if (updates.state.cameras) navigation.update(/** @type {State} */ (updates.state), connected);
  if (page.resting && !document.hidden) navigation.view?.start();
  page.resting = false;
  if (back) navigation.view?.restart?.();
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
  if (navigation.view) main.focus({ preventScroll: true });
}

onUnauthorized.call = async () => {
  updates.close();
  navigation.leave();
  settings.hidden = true;
  stateLink.clear();
  try {
    const found = page.afterLogin ? null : await live();
    if (found) showLive(found);
    else showLogin();
  } catch (error) {
    buildLater(error);
  }
};

function showLogin() {
  leaveLive();
  navigation.clear();
  main.replaceChildren(loginForm(loggedIn, page.afterLogin ? NOT_KEPT : ""));
  main.querySelector("input")?.focus();
}

/**
 * Shows the pictures that everyone may see.
 * @param {Camera[]} all
 */
function showLive(all) {
  const button = h("button", { class: "button quiet", type: "button", onclick: showLogin }, "Log in");
  const view = new Overview(all, false);
  navigation.open(view);
  main.append(h("p", { class: "hint" }, button));
  leaveLive();
  page.anonymous = setInterval(() => refreshLive(), LIVE_INTERVAL);
  navigation.update(statesOf(all), true);
  view.start();
}

async function refreshLive() {
  if (document.hidden) return;
  let all;
  try {
    all = await live();
  } catch {
    return; // the pictures show that nothing comes; the next time follows
  }
  if (!page.anonymous) return;
  if (!all) {
    showLogin();
    return;
  }
  if (navigation.view instanceof Overview) navigation.view.adopt(all);
  navigation.update(statesOf(all), true);
}

function leaveLive() {
  clearInterval(page.anonymous);
  page.anonymous = 0;
}

/**
 * What is known of cameras without a login.
 * @param {Camera[]} all
 */
const statesOf = (all) => ({
  cameras: Object.fromEntries(all.map(({ id, status }) => [id, { device: 0, status, last_error: null, viewers: 0, snapshots: [], state: {} }])),
});

// As with separate pages: a camera starts at its top, and the overview is where it was left.
addEventListener("hashchange", () => {
  if (location.hash.startsWith(TOKEN)) {
    start();
    return;
  }
  if (!navigation.camera) page.overviewScroll = scrollY;
  navigation.go();
  scrollTo(0, navigation.camera ? 0 : page.overviewScroll);
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
});

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the address names the camera
  main.focus();
});

// A hidden page receives neither pictures nor updates. What it shows next depends on what has happened meanwhile.
document.addEventListener("visibilitychange", () => {
  if (!navigation.view) return;
  if (document.hidden) {
    navigation.view.stop();
    updates.close();
  } else if (page.anonymous) refreshLive().then(() => navigation.view?.start());
  else {
    page.resting = true;
    updates.open();
  }
});
addEventListener("pagehide", () => {
  navigation.view?.stop();
  updates.close();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) build();
});

start();
