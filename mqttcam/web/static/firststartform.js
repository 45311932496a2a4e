// Fields of the first-start page, and its requests. An error is shown at its field.

import { h } from "./dom.js";

/** @import { Attributes } from "./types" */

const TOKEN = "mqttcam-first-start";

/** The token from the address, which then leaves the address; a reload finds it again. */
function token() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(TOKEN, given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(TOKEN) ?? "";
}

class RequestError extends Error {
  /**
   * @param {string} message
   * @param {string | null} field
   */
  constructor(message, field) {
    super(message.charAt(0).toUpperCase() + message.slice(1));
    this.field = field;
  }
}

/**
 * @param {string} name Empty for the state, which is a GET.
 * @param {unknown} [body]
 */
async function response(name, body) {
  let answer;
  try {
    answer = await fetch(`api/first-start${name && `/${name}`}`, {
      method: name ? "POST" : "GET", cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body),
      headers: { Authorization: `Bearer ${token()}`, "Content-Type": "application/json" },
    });
  } catch {
    throw new RequestError("mqttcam init does not answer: is it still running?", null);
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({ error: { message: answer.statusText } }));
  throw new RequestError(error.message, error.field ?? null);
}

/**
 * @param {string} name
 * @param {unknown} [body]
 * @returns {Promise<any>} The JSON of the response.
 */
export const request = async (name, body) => (await response(name, body)).json();

/**
 * @param {unknown} camera
 * @returns {Promise<Blob>} The test picture.
 */
export const picture = async (camera) => (await response("picture", camera)).blob();

/**
 * Shows an error at the field that it names, and gives it the focus.
 * @param {unknown} error
 * @param {string} [prefix] Of the field's path.
 * @returns {string | null} The path of the field, if it is on the page.
 */
export function shownAt(error, prefix = "") {
  const path = error instanceof RequestError && error.field ? `${prefix}${error.field}` : null;
  const input = path === null ? null : document.querySelector(`[data-field="${CSS.escape(path)}"]`);
  if (!(input instanceof HTMLInputElement || input instanceof HTMLSelectElement)) return null;
  const note = document.getElementById(`${input.id}-error`);
  if (note) note.textContent = /** @type {Error} */ (error).message;
  input.setAttribute("aria-invalid", "true");
  input.addEventListener("input", () => {
    input.removeAttribute("aria-invalid");
    if (note) note.textContent = "";
  }, { once: true });
  input.focus();
  return path;
}

let fields = 0;

/**
 * Makes a text field.
 * @param {string} path The field's path in a request.
 * @param {string} label
 * @param {Attributes} [attributes]
 * @param {string} [hint]
 */
export function ask(path, label, attributes = {}, hint = "") {
  const id = `ask-${++fields}`;
  const input = h("input", { type: "text", id, "data-field": path, "aria-describedby": `${id}-hint ${id}-error`, ...attributes });
  const element = h("label", { for: id }, label, input,
    h("small", { class: "hint", id: `${id}-hint`, hidden: !hint }, hint),
    h("span", { class: "error", id: `${id}-error`, role: "alert" }));
  return { element, input };
}

/**
 * Makes a check box.
 * @param {string} path
 * @param {string} label
 * @param {boolean} checked
 */
export function askSwitch(path, label, checked) {
  const input = h("input", { type: "checkbox", id: `ask-${++fields}`, "data-field": path, checked });
  return { element: h("label", { class: "check" }, input, label), input };
}
