// The page: asks what there is, builds it, and keeps it up to date.

import { Live, cameras, onUnauthorized, session } from "./api.js";
import { CameraView } from "./camera.js";
import { h, icon } from "./dom.js";
import { loginForm } from "./login.js";
import { NodeView } from "./node.js";
import { Overview } from "./overview.js";

const main = document.getElementById("main");
const tabs = document.getElementById("tabs");
const link = document.getElementById("link");
const notices = document.getElementById("notices");
const settings = document.getElementById("settings");
settings.append(icon("gear"));

const page = { list: null, visitor: null, node: null, shown: null, linked: false, lost: false, building: false, retry: null, left: 0, entering: false };
const live = new Live(update, linked);
settings.addEventListener("click", () => page.node?.open());

/** Builds everything anew: at the start, after a login, and when cameras or their entities have changed. */
async function build() {
  if (page.building) return;
  page.building = true;
  clearTimeout(page.retry);
  try {
    page.visitor = await session();
    page.list = await cameras();
    page.node = new NodeView(page.list.node, page.visitor);
    settings.hidden = false;
    document.getElementById("node").textContent = page.list.node.id;
    makeTabs(page.list.cameras);
    route();
    live.open();
  } catch (error) {
    if (error.status !== 401) page.retry = setTimeout(build, 3000);
    if (error.status !== 401) linked(false);
  } finally {
    page.building = false;
  }
}

function makeTabs(all) {
  const tab = (id, name) => h("a", { href: `#/${id}` }, name);
  tabs.replaceChildren(...(all.length > 1 ? [tab("", "All"), ...all.map(({ id, name }) => tab(id, name))] : []));
}

/** Shows what the address names: `#/front`, or all cameras. */
function route() {
  if (!page.list) return;
  page.shown?.stop();
  const wanted = location.hash.slice(2);
  const all = page.list.cameras;
  const camera = all.find(({ id }) => id === wanted) ?? (all.length === 1 ? all[0] : null);
  document.title = `${camera?.name ?? page.list.node.id} · mqttcam`;
  for (const tab of tabs.children) {
    if (tab.hash === `#/${camera?.id ?? ""}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  tabs.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  page.shown = camera ? new CameraView(camera, page.visitor.role === "admin") : new Overview(all);
  main.replaceChildren(all.length ? page.shown.element : nothing());
  page.shown.camera ??= null;
  show();
  if (!document.hidden) page.shown.start();
}

const nothing = () => h("div", { class: "empty" },
  h("h1", {}, "No camera yet"), h("p", {}, "Add one below “cameras:” in the configuration, then restart mqttcam."));

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
  page.shown?.stop();
  page.shown = null;
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
