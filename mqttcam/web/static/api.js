// The HTTP API: the same commands and results as over MQTT. All addresses are relative to the page.

/** @import { Areas, Camera, CameraList, Session, State, Trouble, Values, Viewer } from "./types" */

const TIMEOUT = 20000;
const RETRY = 3000; // milliseconds until the update stream is opened again
const BROWSERS_RETRY = 1000; // milliseconds, as the update stream asks browsers for
const HEARTBEAT = 5; // seconds, until the server has told its own
export const NO_ANSWER = "The camera node does not answer";

/**
 * How long to wait for something from the server: until two of its heartbeats have been missed.
 * @param {string | null} heartbeat Seconds between two.
 * @returns {number} Milliseconds.
 */
export const patience = (heartbeat) => (2 * (Number(heartbeat) || HEARTBEAT) + 1) * 1000;

/** The error of a request; `field` and `allowed` as in a command's result. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 if there was no response.
   * @param {{code: string, message: string, field?: string | null, allowed?: unknown}} error
   */
  constructor(status, error) {
    super(error.message.charAt(0).toUpperCase() + error.message.slice(1));
    this.status = status;
    this.code = error.code;
    this.field = error.field;
    this.allowed = error.allowed;
  }
}

/** Called when the server requires a login. */
export const onUnauthorized = { call: () => {} };

/**
 * @param {"GET" | "POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body] Data, or an archive.
 * @param {number} [timeout] Milliseconds.
 * @returns {Promise<any>} The JSON of the response.
 * @throws {ApiError}
 */
export async function request(method, path, body, timeout = TIMEOUT) {
  /** @type {Record<string, string>} */
  const headers = { "X-Requested-With": "mqttcam" };
  const isFile = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = isFile ? "application/zip" : "application/json";
  let response, answer;
  try {
    response = await fetch(path, {
      method, headers, cache: "no-store", signal: AbortSignal.timeout(timeout),
      body: body === undefined || isFile ? body : JSON.stringify(body),
    });
    answer = await response.json();
  } catch {
    throw new ApiError(0, { code: "unreachable", message: `${NO_ANSWER}.` });
  }
  if (response.ok) return answer;
  if (response.status === 401 && path !== "api/login" && path !== "api/live") onUnauthorized.call();
  throw new ApiError(response.status, answer.error ?? { code: "internal", message: response.statusText });
}

/** @returns {Promise<CameraList>} */
export const cameras = () => request("GET", "api/cameras");

/** @returns {Promise<Camera[] | null>} The cameras that everyone may see; null if a login is needed. */
export const live = () => request("GET", "api/live").then(
  ({ cameras: found }) => found.map((/** @type {object} */ camera) => ({ model: null, groups: [], entities: [], commands: [], ...camera })),
  (error) => {
    if (error.status === 401) return null;
    throw error;
  },
);

/** @returns {Promise<number>} The server's time, in Unix seconds. */
export const serverTime = () => request("GET", "api/live").then(({ time }) => time);

/** @returns {Promise<Viewer[]>} */
export const viewers = () => request("GET", "api/viewers").then(({ viewers: found }) => found);

/** @param {string} viewer */
export const disconnect = (viewer) => request("DELETE", `api/viewers/${viewer}`);

/** @returns {Promise<Trouble>} */
export const trouble = () => request("GET", "api/trouble");

/** @returns {Promise<Session>} */
export const session = () => request("GET", "api/session");

/**
 * @param {string} name
 * @param {string} password
 */
export const login = (name, password) => request("POST", "api/login", { name, password });

export const logout = () => request("POST", "api/logout");

/**
 * @param {string} camera
 * @param {Values} values
 * @returns {Promise<{changed: Values}>}
 */
export const setValues = (camera, values) => request("POST", `api/cameras/${camera}/set`, values);

/**
 * @param {string | null} camera null for the node.
 * @param {string} name
 * @param {Values} [values]
 */
export const command = (camera, name, values) =>
  request("POST", camera === null ? `api/node/cmd/${name}` : `api/cameras/${camera}/cmd/${name}`, values);

/**
 * @param {string} camera
 * @returns {Promise<Areas>}
 */
export const areas = (camera) => request("GET", `api/cameras/${camera}/zones`);

/**
 * @param {any} allowed Of an error.
 * @returns {string} The allowed values in words; empty if the error does not name them.
 */
export function allowedText(allowed) {
  if (Array.isArray(allowed)) return allowed.slice(0, 12).join(", ");
  if (allowed && typeof allowed === "object") {
    if ("min" in allowed && "max" in allowed) return `${allowed.min} to ${allowed.max}`;
    if ("bounds" in allowed) return `within ${allowed.bounds.join(", ")}, at least ${allowed.least.join(" × ")}`;
    return Object.entries(allowed).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`).join(", ");
  }
  return typeof allowed === "string" ? allowed : "";
}

/** The live values of everything, kept up to date by server-sent events. */
export class UpdateStream {
  /**
   * @param {(state: State) => void} onUpdate
   * @param {(connected: boolean, nextTry?: number) => void} onConnection Called with when it connects again, in milliseconds since 1970.
   */
  constructor(onUpdate, onConnection) {
    /** @type {Partial<State>} Empty before the first update. */
    this.state = {};
    this.onUpdate = onUpdate;
    this.onConnection = onConnection;
    /** @type {EventSource | null} */
    this.source = null;
    this.retry = 0;
    this.deadline = 0;
    this.heartbeat = "";
  }

  open() {
    this.close();
    const source = new EventSource("api/updates");
    let first = true;
    this.expect();
    source.addEventListener("heartbeat", (event) => {
      this.heartbeat = event.data;
      this.expect();
    });
    source.addEventListener("update", (event) => {
      this.expect();
      if (first) this.state = {};
      first = false;
      merge(this.state, JSON.parse(event.data));
      this.onConnection(true);
      this.onUpdate(/** @type {State} */ (this.state));
    });
    source.addEventListener("error", () => {
      first = true;
      // The browser reconnects by itself, but not after a response such as 401 or 503.
      const isOver = source.readyState === EventSource.CLOSED;
      this.onConnection(false, Date.now() + (isOver ? RETRY : BROWSERS_RETRY));
      if (isOver && this.source === source) {
        this.retry = setTimeout(() => this.open(), RETRY);
        session().catch(() => {});
      }
    });
    this.source = source;
  }

  /** Connects again if two heartbeats are missed: a network that is gone or a frozen daemon ends no connection. */
  expect() {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => {
      this.onConnection(false);
      this.open();
    }, patience(this.heartbeat));
  }

  close() {
    clearTimeout(this.retry);
    clearTimeout(this.deadline);
    this.source?.close();
    this.source = null;
  }
}

/**
 * @param {Record<string, any>} into
 * @param {Record<string, any>} changes
 */
function merge(into, changes) {
  for (const [key, value] of Object.entries(changes)) {
    const inner = into[key];
    if (isObject(value) && isObject(inner)) merge(inner, value);
    else into[key] = value;
  }
}

/** @param {unknown} value */
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
