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

const page = { list: null, visitor: null, node: null, shown: null, linked: false, lost: false, building: false, retry: null };
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
    document.title = page.list.cameras.length === 1 ? `${page.list.cameras[0].name} · mqttcam` : `${page.list.node.id} · mqttcam`;
    route();
    live.open();
  } catch (error) {
    if (error.status !== 401) page.retry = setTimeout(build, 3000);
    if (error.status !== 401) linked(false);
  } finally {
    page.building = false;
  }
}

/** Shows what the address names: `#/front`, or all cameras. */
function route() {
  if (!page.list) return;
  page.shown?.stop();
  const wanted = decodeURIComponent(location.hash.slice(2));
  const all = page.list.cameras;
  const camera = all.find(({ id }) => id === wanted) ?? (all.length === 1 ? all[0] : null);
  const tab = (href, text, here) => h("a", { href, "aria-current": here ? "page" : null }, text);
  tabs.replaceChildren(...(all.length > 1 ? [tab("#/", "All", !camera), ...all.map(({ id, name }) => tab(`#/${id}`, name, camera?.id === id))] : []));
  tabs.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  page.shown = camera ? new CameraView(camera, page.visitor.role === "admin") : new Overview(all);
  main.replaceChildren(all.length ? page.shown.element : h("p", { class: "empty" }, "No camera is configured yet."));
  page.shown.camera ??= null;
  show();
  if (!document.hidden) page.shown.start();
}

function update(view) {
  if (page.list && view.revision !== page.list.revision) {
    build();
    return;
  }
  page.node?.update(view.node);
  notices.replaceChildren(...view.problems.map((text) => h("p", {}, icon("warn"), text)));
  show();
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

onUnauthorized.call = () => {
  live.close();
  page.shown?.stop();
  page.shown = null;
  settings.hidden = true;
  tabs.replaceChildren();
  notices.replaceChildren();
  link.textContent = "";
  main.replaceChildren(loginForm(build));
  main.querySelector("input").focus();
};

addEventListener("hashchange", route);

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

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=range], [type=checkbox]), select, textarea, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !page.shown?.key) return;
  if (page.shown.key(event)) event.preventDefault();
});

build();
