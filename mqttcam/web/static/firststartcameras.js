// The card of the cameras: those of the machine, those of the network, and the chosen ones, each with a test picture.

import { errorText, h } from "./dom.js";
import { ask, picture, request, shownAt } from "./firststartform.js";

/**
 * @typedef {{model: string, source: Record<string, unknown>, size: string | null}} FoundCamera
 *
 * @typedef {object} Wanted A camera of the machine, or one of the network.
 * @property {Record<string, unknown>} [source]
 * @property {string | null} [size]
 * @property {string} [address]
 * @property {string} [username]
 * @property {string} [password]
 *
 * @typedef {object} Chosen
 * @property {HTMLElement} element
 * @property {{id: string, name: string} & Wanted} camera
 */

/** @param {string} name */
const idOf = (name) => name.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9_-]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);

/** @param {Chosen[]} chosen */
function number(chosen) {
  chosen.forEach(({ element }, index) => {
    for (const input of element.querySelectorAll("input")) {
      input.dataset.field = `cameras.${index}.${input.dataset.part}`;
    }
  });
}

/**
 * Adds a camera to the chosen ones.
 * @param {Chosen[]} chosen
 * @param {HTMLElement} list
 * @param {Wanted} wanted
 * @param {Blob | null} shown Its test picture.
 */
function add(chosen, list, wanted, shown) {
  const first = chosen.length ? `Camera ${chosen.length + 1}` : "Camera";
  const name = ask("", "Name in Home Assistant", { value: first, "data-part": "name" });
  const id = ask("", "Id in topics", { value: idOf(first), "data-part": "id", autocapitalize: "none", spellcheck: "false" });
  const camera = { id: idOf(first), name: first, ...wanted };
  const image = h("img", { alt: "Test picture", hidden: !shown });
  const size = h("p", { class: "hint" }, shown ? "" : "No test picture.");
  if (shown) {
    image.addEventListener("load", () => { size.textContent = `A picture of ${image.naturalWidth}x${image.naturalHeight}`; });
    image.src = URL.createObjectURL(shown);
  }
  const remove = h("button", { type: "button", class: "button quiet" }, "Remove");
  const element = h("li", {}, image, size, h("div", { class: "pair" }, name.element, id.element), h("div", { class: "row end" }, remove));
  const one = { element, camera };
  name.input.addEventListener("input", () => {
    if (id.input.value === idOf(camera.name)) camera.id = id.input.value = idOf(name.input.value);
    camera.name = name.input.value;
  });
  id.input.addEventListener("input", () => { camera.id = id.input.value; });
  remove.addEventListener("click", () => {
    chosen.splice(chosen.indexOf(one), 1);
    element.remove();
    URL.revokeObjectURL(image.src);
    number(chosen);
  });
  chosen.push(one);
  list.append(element);
  number(chosen);
  name.input.select();
}

/**
 * Takes a test picture, and adds the camera; the next click adds one that gave no picture.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} message
 * @param {() => Wanted} wanted
 * @param {(wanted: Wanted, shown: Blob | null) => void} onChosen
 */
async function choose(button, message, wanted, onChosen) {
  const camera = wanted();
  if (button.dataset.refused === JSON.stringify(camera)) {
    onChosen(camera, null);
    return;
  }
  button.disabled = true;
  message.className = "hint";
  message.textContent = "Taking a test picture …";
  try {
    const shown = await picture(camera);
    message.textContent = "";
    onChosen(camera, shown);
  } catch (error) {
    button.dataset.refused = JSON.stringify(camera);
    message.className = "error";
    shownAt(error, "network.");
    message.textContent = `${errorText(error)} Press again to use it without a picture.`;
  } finally {
    button.disabled = false;
  }
}

/**
 * Looks for the cameras of the machine.
 * @param {HTMLElement} list
 * @param {(wanted: Wanted, shown: Blob | null) => void} onChosen
 */
async function search(list, onChosen) {
  list.replaceChildren(h("li", { class: "hint" }, "Looking for cameras …"));
  try {
    /** @type {{cameras: FoundCamera[]}} */
    const { cameras } = await request("cameras", {});
    list.replaceChildren(...cameras.map(({ model, source, size }) => {
      const button = h("button", { type: "button", class: "button quiet", "aria-label": `Use ${model}` }, "Use");
      const message = h("p", { role: "status" });
      button.addEventListener("click", () => choose(button, message, () => ({ source, size }), onChosen));
      return h("li", {}, model, button, message);
    }));
    if (cameras.length === 1) list.prepend(h("li", { class: "hint" }, "No camera is attached to this machine, or it is in use."));
  } catch (error) {
    list.replaceChildren(h("li", { class: "error" }, errorText(error)));
  }
}

export function camerasCard() {
  /** @type {Chosen[]} */
  const chosen = [];
  const list = h("ul", { class: "chosen", id: "chosen" });
  const found = h("ul", { class: "found", id: "cameras" });
  const plain = { autocapitalize: "none", spellcheck: "false", autocomplete: "off" };
  const address = ask("network.address", "Address of a camera in the network", { placeholder: "rtsp://camera.lan/stream", ...plain });
  const username = ask("network.username", "User name", plain);
  const password = ask("network.password", "Password", { type: "password", autocomplete: "off" });
  const button = h("button", { type: "button", class: "button quiet", id: "network" }, "Try this camera");
  const message = h("p", { role: "status" });
  /** @type {(wanted: Wanted, shown: Blob | null) => void} */
  const onChosen = (wanted, shown) => add(chosen, list, wanted, shown);
  button.addEventListener("click", () => choose(button, message,
    () => ({ address: address.input.value.trim(), username: username.input.value, password: password.input.value }), onChosen));
  void search(found, onChosen);
  return {
    element: h("section", { class: "card ask" },
      h("h2", {}, "Cameras"), list, h("h3", {}, "Of this machine"), found,
      h("h3", {}, "In the network"), address.element,
      h("div", { class: "pair" }, username.element, password.element), h("div", { class: "row" }, button), message),
    answer: () => chosen.map(({ camera }) => camera),
  };
}
