// Helpers to build elements. Text is only ever set as text, never as HTML.

/** @import { Attributes, Child } from "./types" */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} id Of an element in index.html.
 * @returns {HTMLElement}
 */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Makes an element: `h("p", {class: "hint", hidden: true, onclick: f}, "text", child)`.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * Makes these the children of an element, without moving those in place: an element that is moved loses the focus.
 * @param {Element} parent
 * @param {Element[]} children
 */
export function arrange(parent, children) {
  for (const child of [...parent.children]) if (!children.includes(child)) child.remove();
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/**
 * Loads a style sheet.
 * @param {string} name Of the file, without its ending.
 */
export async function loadStyle(name) {
  const sheet = h("link", { rel: "stylesheet", href: `static/${name}.css` });
  await new Promise((done) => {
    sheet.addEventListener("load", done);
    sheet.addEventListener("error", done);
    document.head.append(sheet);
  });
}

/**
 * Makes an icon from `icons.svg`.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Makes a round button with an icon.
 * @param {string} name Of the icon.
 * @param {string} label For screen readers and the tooltip.
 * @param {() => void} onclick
 * @param {Attributes} [attributes]
 */
export function iconButton(name, label, onclick, attributes = {}) {
  return h("button", { type: "button", class: "round", "aria-label": label, title: label, onclick, ...attributes }, icon(name));
}

/**
 * Shows a message for some seconds. It replaces an equal one.
 * @param {string} text
 * @param {"info" | "error"} [kind]
 */
export function toast(text, kind = "info") {
  const toasts = byId("toasts");
  const note = h("p", { class: `toast ${kind}` }, text);
  [...toasts.children].find((old) => old.textContent === text)?.remove();
  toasts.append(note);
  setTimeout(() => note.remove(), kind === "error" ? 8000 : 4000);
}

/** @param {unknown} error */
export const errorText = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Opens a modal dialog, which is removed when closed; `done` resolves to its return value.
 * @param {string} className
 * @param {string} label For screen readers.
 * @param {Child[]} children
 */
export function modal(className, label, ...children) {
  const dialog = h("dialog", { class: className, "aria-label": label }, ...children);
  /** @type {Promise<string>} */
  const done = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close("");
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, done };
}

/**
 * Asks for confirmation.
 * @param {string} question
 * @param {string} yes The text of the button that confirms.
 */
export async function confirmed(question, yes) {
  const { done } = modal(
    "ask",
    question,
    h("form", { method: "dialog" },
      h("p", {}, question),
      h("div", { class: "row end" },
        h("button", { class: "button quiet", value: "" }, "Cancel"),
        h("button", { class: "button danger", value: "yes" }, yes))),
  );
  return (await done) === "yes";
}
