// The page: asks what there is, builds it, and keeps it up to date.

import { Live, cameras, onUnauthorized, session } from "./api.js";
import { CameraView } from "./camera.js";
import { arrange, h, icon } from "./dom.js";
import { loginForm } from "./login.js";
import { NodeView } from "./node.js";
import { Overview } from "./overview.js";

const main = document.getElementById("main");
const tabs = document.getElementById("tabs");
const link = document.getElementById("link");
const notices = document.getElementById("notices");
const settings = document.getElementById("settings");
settings.append(icon("gear"));

const FADE = 10; // of the tabs at either end

const page = { list: null, visitor: null, node: null, shown: null, linked: false, lost: false, building: false, retry: null, left: 0, entering: false };
const live = new Live(update, linked);
settings.addEventListener("click", () => page.node?.open());

/** Asks what there is and shows it: at the start, after a login, and when cameras or their entities have changed. */
async function build() {
  if (page.building) return;
  page.building = true;
  clearTimeout(page.retry);
  try {
    const visitor = await session();
    if (visitor.role !== page.visitor?.role) clear();
    page.visitor = visitor;
    page.list = await cameras();
    makeNode(page.list.node);
    makeTabs(page.list.cameras);
    stay(page.list.cameras);
    route();
    live.open();
  } catch (error) {
    if (error.status !== 401) page.retry = setTimeout(build, 3000);
    if (error.status !== 401) linked(false);
  } finally {
    page.building = false;
  }
}

/** Anew only after a login or an update: its drawer may be open. */
function makeNode(node) {
  const made = JSON.stringify([page.visitor, { ...node, state: null }]);
  if (page.node?.made !== made) page.node = Object.assign(new NodeView(node, page.visitor), { made });
  settings.hidden = false;
  document.getElementById("node").textContent = node.id;
}

function makeTabs(all) {
  const old = new Map([...tabs.children].map((tab) => [tab.hash, tab]));
  const tab = (id, name) => {
    const link = old.get(`#/${id}`) ?? h("a", { href: `#/${id}` });
    link.textContent = name;
    return link;
  };
  arrange(tabs, all.length > 1 ? [tab("", "All"), ...all.map(({ id, name }) => tab(id, name))] : []);
}

/** Who looks at the only camera goes on doing so when there are more, and its address would be that of all. */
function stay(all) {
  const shown = page.shown?.camera?.id;
  const named = all.some(({ id }) => id === location.hash.slice(2));
  if (!named && all.some(({ id }) => id === shown)) history.replaceState(null, "", `#/${shown}`);
}

/** Shows what the address names: `#/front`, or all cameras. What is shown already is brought up to date. */
function route() {
  if (!page.list) return;
  const wanted = location.hash.slice(2);
  const all = page.list.cameras;
  const camera = all.find(({ id }) => id === wanted) ?? (all.length === 1 ? all[0] : null);
  document.title = `${camera?.name ?? page.list.node.id} · mqttcam`;
  for (const tab of tabs.children) {
    if (tab.hash === `#/${camera?.id ?? ""}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  reveal(tabs.querySelector("[aria-current]"));
  if (page.shown && page.shown.camera?.id === camera?.id) {
    page.shown.adopt(camera ?? all);
  } else {
    clear();
    page.shown = camera ? new CameraView(camera, page.visitor.role === "admin") : new Overview(all);
    main.replaceChildren(page.shown.element);
  }
  show();
  if (!document.hidden) page.shown.start();
}

/** Within the bar alone: `scrollIntoView` would also scroll the dashboard that the page may stand in. */
function reveal(tab) {
  if (!tab) return;
  const [outer, inner] = [tabs, tab].map((element) => element.getBoundingClientRect());
  const [before, after] = [outer.left + FADE - inner.left, inner.right - outer.right + FADE];
  if (before > 0) tabs.scrollLeft -= before;
  else if (after > 0) tabs.scrollLeft += Math.min(after, -before);
}

function clear() {
  page.shown?.stop();
  page.shown = null;
}

function update(view) {
  if (page.list && view.revision !== page.list.revision) {
    build();
    return;
  }
  page.node?.update(view.node);
  tell(view.problems);
  show();
}

/** Only what is new: a screen reader would read the same ones out again and again. */
function tell(problems) {
  const told = [...notices.children].map(({ textContent }) => textContent);
  if (told.join("\n") === problems.join("\n")) return;
  notices.replaceChildren(...problems.map((text) => h("p", {}, icon("warn"), text)));
}

function show() {
  const { view } = live;
  if (!page.shown || !view.cameras) return;
  if (!page.shown.camera) page.shown.update(view, page.linked);
  else if (view.cameras[page.shown.camera.id]) page.shown.update(view.cameras[page.shown.camera.id], page.linked);
}

/** The event stream has come or gone. */
function linked(now) {
  const back = now && page.lost && page.shown;
  page.linked = now;
  page.lost = !now;
  link.dataset.state = now ? "on" : "off";
  link.textContent = now ? "" : "Reconnecting";
  link.title = now ? "Connected" : "The camera node does not answer; trying again";
  show();
  if (back) (page.shown.stage ?? page.shown).restart();
}

const NOT_KEPT = "This browser did not keep the login. Within a page of another site it may not: open this page in a tab of its own.";

/** After a login; asked for another one at once, the browser has thrown the first away. */
async function enter() {
  page.entering = true;
  await build();
  page.entering = false;
  if (page.shown) main.focus({ preventScroll: true });
}

onUnauthorized.call = () => {
  live.close();
  clear();
  settings.hidden = true;
  tabs.replaceChildren();
  notices.replaceChildren();
  link.textContent = "";
  main.replaceChildren(loginForm(enter, page.entering ? NOT_KEPT : ""));
  main.querySelector("input").focus();
};

// As with pages of their own: another camera starts at its top, all cameras are again where they were left.
addEventListener("hashchange", () => {
  if (!page.shown?.camera) page.left = scrollY;
  route();
  scrollTo(0, page.shown?.camera ? 0 : page.left);
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
});

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the camera
  main.focus();
});

// A page that nobody sees takes no pictures and keeps no connection.
document.addEventListener("visibilitychange", () => {
  if (!page.shown) return;
  if (document.hidden) {
    page.shown.stop();
    live.close();
  } else {
    page.shown.start();
    live.open();
  }
});
addEventListener("pagehide", () => {
  page.shown?.stop();
  live.close();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) build();
});

build();
