// The form that the page shows to those who have to say who they are.

import { login } from "./api.js";
import { h } from "./dom.js";

/** `problem`: what went wrong before, or nothing. */
export function loginForm(onDone, problem = "") {
  const name = h("input", { id: "login-name", autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { id: "login-password", type: "password", autocomplete: "current-password", required: true, "aria-describedby": "login-error" });
  const error = h("p", { class: "error", id: "login-error", role: "alert" }, problem);
  const button = h("button", { class: "button", type: "submit" }, "Log in");
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    error.textContent = "";
    try {
      await login(name.value.trim(), password.value);
      onDone();
    } catch (refused) {
      error.textContent = refused.message;
      password.select();
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { class: "card login", onsubmit: submit },
    h("img", { src: "static/icon.svg", alt: "", width: "56", height: "56" }),
    h("h1", {}, "mqttcam"),
    h("div", { class: "field text" }, h("label", { for: "login-name" }, "Name"), name),
    h("div", { class: "field text" }, h("label", { for: "login-password" }, "Password"), password),
    error, button,
    h("p", { class: "hint" }, "With a token: leave the name empty."));
}
