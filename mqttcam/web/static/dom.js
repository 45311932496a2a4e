// Small helpers to build elements. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("p", {class: "hint", hidden: true, onclick: f}, "text", child)`. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Makes these the children, and touches none that is one already: taken out for a moment, it would lose the focus. */
export function arrange(parent, children) {
  for (const child of [...parent.children]) if (!children.includes(child)) child.remove();
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/** One of our own line icons, from `icons.svg`. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A round button with an icon alone; `label` is for screen readers and the tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  return h("button", { type: "button", class: "round", "aria-label": label, title: label, onclick, ...attributes }, icon(name));
}

/** A message that goes by itself; the same one stands there once. */
export function toast(text, kind = "info") {
  const toasts = document.getElementById("toasts");
  const note = h("p", { class: `toast ${kind}` }, text);
  [...toasts.children].find((old) => old.textContent === text)?.remove();
  toasts.append(note);
  setTimeout(() => note.remove(), kind === "error" ? 8000 : 4000);
}

/** A modal dialog that is gone when closed; resolves to its return value. */
export function modal(className, label, ...children) {
  const dialog = h("dialog", { class: className, "aria-label": label }, ...children);
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

/** Asks before something that cannot be taken back. */
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
