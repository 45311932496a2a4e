// The JSON of the HTTP API as the page uses it, for the type checker only. The OpenAPI document has all of it.

export type Rectangle = [x: number, y: number, width: number, height: number];

/** The value of an entity. Its type follows from the entity's kind, which is data: the server has checked it. */
export type Value = any;
export type Values = Record<string, Value>;

export interface SwitchKind { type: "switch"; allowed: string[]; unit?: undefined }
export interface ChoiceKind { type: "choice"; allowed: string[]; unit?: undefined }
export interface NumberKind { type: "number" | "integer"; min: number; max: number; unit?: string }
export interface TextKind { type: "text"; max_length: number; unit?: undefined }
export interface VectorKind { type: "vector"; length: number; min: number; max: number; unit?: undefined }
export interface RectangleKind {
  type: "rectangle";
  bounds: Rectangle;
  /** The smallest width and height. */
  least: [number, number];
  /** The key of the entity that says which part of the bounds the picture shows. */
  view: string | null;
  unit?: undefined;
}
export type Kind = SwitchKind | ChoiceKind | NumberKind | TextKind | VectorKind | RectangleKind;

/** Keys of Home Assistant's discovery. */
export interface Options {
  device_class?: string;
  enabled_by_default?: boolean;
  mode?: string;
  step?: number;
  suggested_display_precision?: number;
}

/** How the camera can choose the value of a control. */
export interface Automatic {
  key: string;
  values: Value[];
  automatic: Value;
  /** null: setting a value is enough. */
  manual: Value | null;
  minimum: number | null;
}

export interface Entity {
  key: string;
  name: string | null;
  title: string | null;
  group: string | null;
  description: string | null;
  synonyms: string[];
  platform: string;
  category: "config" | "diagnostic" | null;
  settable: boolean;
  command: string | null;
  arguments: Values;
  kind: Kind | null;
  /** The displayed names of options, where they differ from the options. */
  option_titles: Record<string, string>;
  options: Options;
  control: string | null;
  default: Value;
  reset: Value;
  automatic: Automatic | null;
  requires: { key: string; values: Value[]; text: string } | null;
}

/** An entity with a value. */
export type EntityWithKind<K extends Kind = Kind> = Entity & { kind: K };

export interface Command { name: string; arguments: Record<string, Kind> }

export interface Camera {
  id: string;
  name: string;
  model: string | null;
  width: number | null;
  height: number | null;
  /** When it was described; the live values have later ones. */
  status: string;
  /** Of a camera module: its sensor modes, formats and properties. */
  details?: Record<string, unknown> & { properties?: Record<string, unknown> };
  groups: string[];
  entities: Entity[];
  commands: Command[];
}

export interface NodeDescription {
  id: string;
  entities: Entity[];
  commands: Command[];
  state: Values;
}

export interface CameraList { revision: string; node: NodeDescription; cameras: Camera[] }

export interface Session {
  name: string | null;
  role: "admin" | "viewer";
  proof: "none" | "network" | "session" | "password" | "token";
  /** Whether cameras may be added, changed and removed. */
  edit: boolean;
}

/** The section of a camera in the configuration. */
export type Section = Record<string, any>;

/** A camera of the configuration file. */
export interface ConfiguredCamera {
  id: string;
  /** null: only environment variables configure it. */
  camera: Section | null;
  /** The same as YAML. */
  text: string;
  /** Keys that are kept and not shown. */
  hidden: string[];
  variables: string[];
}

/** The configuration file. */
export interface Setup {
  file: string | null;
  backup: string | null;
  revision: string;
  /** Why nothing can be changed. */
  read_only: string | null;
  folders: string[];
  cameras: ConfiguredCamera[];
}

/** What restoring a backup does with a camera. */
export interface RestoredCamera {
  id: string;
  change: "added" | "changed" | "removed" | "unchanged" | "refused";
  keys: string[];
  /** Keys of the backup that are not restored. */
  left_out: string[];
  reason: string | null;
}

/** What restoring a backup changes. */
export interface Restored {
  revision: string;
  read_only: string | null;
  cameras: RestoredCamera[];
  /** Other sections that differ, and stay. */
  sections: string[];
  values: string[];
  tuning_files: { name: string; change: "added" | "replaced" }[];
  series: string[];
  /** Whether a part takes effect at the next start. */
  restart: boolean;
}

/** A camera of this machine. */
export interface FoundCamera { id: string; model: string; source: Section; sizes: string[]; used_by: string | null }

export interface Snapshot { id: string; ts: number; width: number; height: number; bytes: number }

export type EntryType = "motion" | "recording" | "detection" | "photo" | "series";

/** An entry of the time line: an event with a recording, a photo, or a picture or video of a series. Times are ISO times. */
export interface Entry {
  id: string;
  camera: string;
  type: EntryType;
  from: string;
  to: string | null;
  score: number | null;
  zones: string[];
  labels: string[];
  keep: boolean;
  picture: string | null;
  clip: string | null;
  /** Of the file of a photo or series. */
  name: string | null;
  series: string | null;
  raw: string | null;
}

/** The pictures of a series of one day. */
export interface SeriesOfDay { camera: string; series: string; count: number; name: string; last: string }

/** How much there is on a day. */
export interface DayCounts {
  day: string;
  from: string;
  to: string;
  counts: Partial<Record<EntryType, number>>;
  series: SeriesOfDay[];
}

/** What began within a minute, in seconds after the beginning of the day. */
export interface Slot { camera: string; type: EntryType; begin: number; end: number; count: number }

export interface TimelineFilters { cameras: string[]; zones: string[]; labels: string[] }

/** A photo. What a list leaves out is optional. */
export interface PhotoFile {
  id: string;
  camera: string;
  name: string;
  from: string;
  bytes: number;
  keep: boolean;
  width: number;
  height: number;
  raw: string | null;
  metadata?: Record<string, unknown>;
  histogram?: Record<string, number[]>;
}

/** The live values of one camera. */
export interface CameraState {
  /** Another number means that the camera was replaced, and that its streams have ended. */
  device: number;
  status: string;
  last_error: string | null;
  viewers: number;
  snapshots: Snapshot[];
  state: Values;
}

/** Times are ISO times by the clock of the node. */
export interface Problem {
  id: string;
  part: string;
  cameras: string[];
  text: string;
  hint: string | null;
  level: "problem" | "warning";
  since: string;
  next_try: string | null;
  can_retry: boolean;
}

export interface EndedProblem { id: string; part: string; cameras: string[]; text: string; since: string; ended: string; times: number }

export interface Trouble { now: string; trouble: Problem[]; ended: EndedProblem[]; watched: string[] }

/** A stream to a client. */
export interface Viewer {
  id: string;
  user: string | null;
  address: string;
  camera: string;
  stream: string | null;
  since: string;
  fps: number | null;
  kbps: number | null;
}

/** The live values of everything. */
export interface State {
  revision: string;
  problems: string[];
  trouble: Problem[];
  /** Changes with the recordings. */
  events: number;
  node: Values;
  cameras: Record<string, CameraState>;
}

export type Corner = [x: number, y: number];

export interface Zone { zone: string; name: string; points: Corner[]; threshold: number; armed: boolean }

/** The areas of a camera's picture. */
export interface Areas {
  zones: Record<string, { points: Corner[]; threshold: number }>;
  masks: { points: Corner[] }[];
  privacy: { points: Corner[] }[];
  from_configuration: boolean;
}

/** The motion detection of a camera. */
export interface Detection {
  status: "on" | "off" | "inactive" | "no_frames";
  threshold: number;
  zones: Zone[];
  masks: Corner[][];
}

export type Finding = "learning" | "cut_off" | "still" | "light" | "below" | "pause" | "motion";

/** What the motion detection has found in one picture. Shares are of the picture's sides. */
export interface Analysis {
  ts: number;
  seq: number;
  finding: Finding;
  score: number;
  box: Rectangle | null;
  /** Scores by zone. */
  zones: Record<string, number>;
  columns: number;
  /** Base64: a byte for each cell. */
  cells: string;
}

type Handlers = { [K in keyof GlobalEventHandlersEventMap as `on${K}`]?: (event: GlobalEventHandlersEventMap[K]) => void };

/** Attributes and event handlers of a new element. */
export type Attributes = Handlers & {
  [name: string]: string | number | boolean | null | undefined | ((event: any) => void);
};
export type Child = Node | string | null | undefined;

/** The input of a field. */
export interface Widget {
  className: string;
  input: HTMLInputElement | HTMLSelectElement;
  element: HTMLElement;
  /** Whether the value is also shown as text. */
  output: boolean;
  /** Whether text that was refused stays for correction. */
  keepsText?: boolean;
  /** `settled`: the value was just accepted, and replaces what is in the input, but for what has been typed since. */
  show(value: Value, settled: boolean): void;
}
