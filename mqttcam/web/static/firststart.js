// The page of `mqttcam init --page`: a few questions, then the configuration is written.

import { byId, errorText, h } from "./dom.js";
import { brokerCard } from "./firststartbroker.js";
import { camerasCard } from "./firststartcameras.js";
import { ask, askSwitch, request, shownAt } from "./firststartform.js";

/**
 * @typedef {object} State
 * @property {string} node The name to propose.
 * @property {string} file Where the configuration will be.
 * @property {boolean} exists
 * @property {boolean} embedded_broker Whether mqttcam's own broker is installed.
 * @property {string | null} no_recordings Why there can be none.
 *
 * @typedef {object} Written
 * @property {string} file
 * @property {string | null} kept Where the old file is.
 * @property {string[]} lines What `mqttcam check` says of it.
 * @property {[string, string][]} steps Commands, and what each does.
 * @property {string} page The address of the page of the daemon.
 */

const NOT_ALONE = "Without a user, only the machine with the cameras can open the page.";

/** @param {State} state */
function welcome(state) {
  return h("header", { class: "welcome" },
    h("img", { src: "static/icon.svg", alt: "", width: "48", height: "48" }),
    h("h1", {}, "Set up mqttcam"),
    h("p", { class: "hint" }, "Your answers become the configuration file ", h("code", {}, state.file), ". Nothing is written before the end."));
}

function userCard() {
  const name = ask("user.name", "User name", { value: "admin", autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
  const password = ask("user.password", "Password", { type: "password", autocomplete: "new-password" });
  const login = askSwitch("user", "Let other machines open the page, with this user name and password", true);
  const fields = h("div", { class: "pair" }, name.element, password.element);
  const hint = h("p", { class: "hint", hidden: true }, NOT_ALONE);
  login.input.addEventListener("change", () => {
    fields.hidden = !login.input.checked;
    hint.hidden = login.input.checked;
  });
  return {
    element: h("section", { class: "card ask" }, h("h2", {}, "The web page"), login.element, fields, hint),
    answer: () => (login.input.checked ? { name: name.input.value, password: password.input.value } : null),
  };
}

/** @param {State} state */
function recordingsCard(state) {
  const wanted = askSwitch("recordings", "Record a video when something moves, and keep it for 14 days (10 GB at most)", !state.no_recordings);
  wanted.input.disabled = state.no_recordings !== null;
  return {
    element: h("section", { class: "card ask" }, h("h2", {}, "Recordings"), wanted.element, h("p", { class: "hint" }, state.no_recordings)),
    answer: () => wanted.input.checked,
  };
}

/** @param {Written} written */
function done(written) {
  const steps = written.steps.flatMap(([command, text]) => [h("dt", {}, h("code", {}, command)), h("dd", {}, text)]);
  byId("main").replaceChildren(h("section", { class: "card done", id: "done" },
    h("h1", { tabindex: "-1" }, "The configuration is written"),
    h("p", {}, h("code", {}, written.file), written.kept ? ` (the old file is kept as ${written.kept})` : ""),
    ...written.lines.map((line) => h("p", { class: "hint" }, line)),
    h("h2", {}, "What to run next"),
    h("dl", {}, ...steps),
    h("p", {}, "The page will then be at ", h("a", { href: written.page }, written.page))));
  document.querySelector("h1")?.focus();
}

/** @param {State} state */
function form(state) {
  const node = ask("node", "Name of this machine in topics", { value: state.node, required: true, autocapitalize: "none", spellcheck: "false" },
    "Choose it once and keep it: with another name, Home Assistant adds new devices.");
  const cameras = camerasCard();
  const broker = brokerCard(state.embedded_broker);
  const user = userCard();
  const recordings = recordingsCard(state);
  const replace = askSwitch("replace", `Replace ${state.file}, and keep the old file beside it`, false);
  const untested = askSwitch("untested", "Write the file even if the broker does not accept the login", false);
  untested.element.hidden = true;
  const message = h("p", { class: "error", role: "alert" });
  const button = h("button", { class: "button", id: "write", type: "submit" }, "Write the configuration");

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    message.textContent = "";
    button.disabled = true;
    try {
      done(await request("write", {
        node: node.input.value, cameras: cameras.answer(), broker: broker.answer(), user: user.answer(),
        recordings: recordings.answer(), replace: replace.input.checked, test: !untested.input.checked,
      }));
    } catch (error) {
      if (shownAt(error)?.startsWith("broker.")) untested.element.hidden = false;
      message.textContent = errorText(error);
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { class: "fields", onsubmit: submit, novalidate: true },
    h("section", { class: "card ask" }, h("h2", {}, "This machine"), node.element),
    cameras.element, broker.element, user.element, recordings.element,
    h("section", { class: "card ask" }, state.exists ? replace.element : null, untested.element, message, h("div", { class: "row end" }, button)));
}

async function start() {
  try {
    /** @type {State} */
    const state = await request("");
    byId("main").replaceChildren(welcome(state), form(state));
  } catch (error) {
    byId("main").replaceChildren(h("section", { class: "card" }, h("h1", {}, "mqttcam"), h("p", { class: "error", role: "alert" }, errorText(error))));
  }
}

void start();
