// The HTTP API: the same commands and results as over MQTT. Every address is relative to the page.

const TIMEOUT = 20000;

/** A refusal; `field` and `allowed` as in a command's result. */
export class Refused extends Error {
  constructor(status, error) {
    super(error.message.charAt(0).toUpperCase() + error.message.slice(1));
    Object.assign(this, { status, code: error.code, field: error.field, allowed: error.allowed });
  }
}

/** Called when the server wants a login first. */
export const onUnauthorized = { call: () => {} };

export async function request(method, path, body) {
  const options = { method, headers: { "X-Requested-With": "mqttcam" }, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response, answer;
  try {
    response = await fetch(path, options);
    answer = await response.json();
  } catch {
    throw new Refused(0, { code: "unreachable", message: "The camera node does not answer." });
  }
  if (response.ok) return answer;
  if (response.status === 401 && path !== "api/login") onUnauthorized.call();
  throw new Refused(response.status, answer.error ?? { code: "internal", message: response.statusText });
}

export const cameras = () => request("GET", "api/cameras");
export const session = () => request("GET", "api/session");
export const login = (name, password) => request("POST", "api/login", { name, password });
export const logout = () => request("POST", "api/logout");
export const setValues = (camera, values) => request("POST", `api/cameras/${camera}/set`, values);
export const command = (camera, name, values) =>
  request("POST", camera === null ? `api/node/cmd/${name}` : `api/cameras/${camera}/cmd/${name}`, values);

/** What is accepted instead, in words; empty where the error does not say. */
export function allowedText(allowed) {
  if (Array.isArray(allowed)) return allowed.slice(0, 12).join(", ");
  if (allowed && typeof allowed === "object") {
    if ("min" in allowed && "max" in allowed) return `${allowed.min} to ${allowed.max}`;
    if ("bounds" in allowed) return `within ${allowed.bounds.join(", ")}, at least ${allowed.least.join(" × ")}`;
    return Object.entries(allowed).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`).join(", ");
  }
  return typeof allowed === "string" ? allowed : "";
}

/** The view of everything, kept up to date by the event stream. */
export class Live {
  constructor(onUpdate, onLink) {
    this.view = {};
    this.onUpdate = onUpdate;
    this.onLink = onLink;
    this.source = null;
  }

  open() {
    this.close();
    const source = new EventSource("api/events");
    let first = true;
    source.addEventListener("update", (event) => {
      const changes = JSON.parse(event.data);
      if (first) this.view = {};
      first = false;
      merge(this.view, changes);
      this.onLink(true);
      this.onUpdate(this.view, changes);
    });
    source.addEventListener("error", () => {
      first = true;
      this.onLink(false);
      // The browser tries again by itself, but not after an answer such as 401 or 503.
      if (source.readyState === EventSource.CLOSED && this.source === source) {
        this.retry = setTimeout(() => this.open(), 3000);
        session().catch(() => {});
      }
    });
    this.source = source;
  }

  close() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }
}

function merge(into, changes) {
  for (const [key, value] of Object.entries(changes)) {
    const inner = into[key];
    if (isObject(value) && isObject(inner)) merge(inner, value);
    else into[key] = value;
  }
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
