// The drawer of the node: its readings, commands and links.

/** @import { Entity, EntityWithKind, NodeDescription, Session, Values } from "./types" */

import { command, logout } from "./api.js";
import { confirmed, errorText, h, iconButton, modal, toast } from "./dom.js";
import { Field } from "./fields.js";
import { reading } from "./format.js";

export class NodeView {
  /**
   * @param {NodeDescription} node
   * @param {Session} identity
   */
  constructor(node, identity) {
    this.node = node;
    this.identity = identity;
    this.mayControl = identity.role === "admin";
    this.state = node.state;
    /** @type {((state: Values) => void)[]} What shows the state while the drawer is open. */
    this.parts = [];
  }

  /** @param {Values} state */
  update(state) {
    this.state = state;
    for (const part of this.parts) part(state);
  }

  open() {
    this.parts = [];
    const readings = h("dl", { class: "readings" });
    const fields = h("div", { class: "fields" });
    const buttons = h("div", { class: "row" });
    for (const entity of this.node.entities) {
      const { command: name, kind } = entity;
      if (name && kind) fields.append(this.makeField({ ...entity, kind }, name));
      else if (name) buttons.append(this.makeButton(entity, name));
      else if (kind) readings.append(this.makeReading(entity));
    }
    const { dialog, done } = modal("drawer", "This node",
      h("header", { class: "drawerbar" }, h("h2", {}, this.node.id), iconButton("close", "Close", () => dialog.close())),
      readings, fields, buttons, this.makeLinks());
    done.then(() => { this.parts = []; });
    this.update(this.state);
  }

  /** @param {Entity} entity */
  makeReading(entity) {
    const output = h("dd", {});
    this.parts.push((state) => { output.textContent = reading(entity, state[entity.key]); });
    return h("div", {}, h("dt", {}, entity.name), output);
  }

  /**
   * Makes the field of an entity whose value is the argument of a command.
   * @param {EntityWithKind} entity
   * @param {string} name Of the command.
   */
  makeField(entity, name) {
    const [argument] = Object.keys(this.node.commands.find((one) => one.name === name)?.arguments ?? {});
    const field = new Field(entity, async (values) => {
      await command(null, name, { [argument]: values[entity.key] });
      return values;
    }, this.mayControl);
    this.parts.push((state) => field.update(state));
    return field.element;
  }

  /**
   * @param {Entity} entity
   * @param {string} name Of the command.
   */
  makeButton(entity, name) {
    const press = async () => {
      if (entity.options.device_class === "restart" && !(await confirmed(`${entity.name}?`, "Yes"))) return;
      command(null, name).then(() => toast(`${entity.name}: done`), (error) => toast(errorText(error), "error"));
    };
    return h("button", { type: "button", class: "button quiet", disabled: !this.mayControl, onclick: press }, entity.name);
  }

  makeLinks() {
    /**
     * @param {string} href
     * @param {string} text
     */
    const link = (href, text) => h("li", {}, h("a", { href, target: "_blank", rel: "noopener" }, text));
    const links = h("ul", { class: "links" },
      link("stream.mjpg", "Stream"), link("photo_feed", "Picture"), link("api/openapi.json", "API (OpenAPI)"),
      link("metrics", "Metrics"), link("healthz", "Health"));
    if (this.mayControl) {
      const close = () => document.querySelector("dialog")?.close();
      links.prepend(h("li", {}, h("a", { href: "#viewers", onclick: close }, "Who is watching now")));
    }
    if (this.identity.proof !== "session") return links;
    const leave = async () => {
      await logout();
      location.reload();
    };
    return h("div", {}, links, h("button", { type: "button", class: "button quiet", onclick: leave }, `Log out ${this.identity.name}`));
  }
}
