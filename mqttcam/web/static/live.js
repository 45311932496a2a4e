// Plays a camera's H.264 video while it is received: Media Source Extensions over a WebSocket.
//
// Messages: a JSON text with the codecs, the initialization segment, one fragment per frame, with one of its sound. Before that
// of a keyframe comes a JSON text with the time of its capture.

/** iOS has only the managed one, since 17.1. @type {typeof MediaSource | undefined} */
const Source = /** @type {any} */ (self).ManagedMediaSource ?? self.MediaSource;
const CLOCK = 90000;
const SYNC_SAMPLE = 0x02000000;
const KEPT = 10; // seconds of what was shown
const MOST_WAITING = 16e6; // bytes
const LEAST_SLACK = 0.07; // seconds that a frame may be late without a pause
const MOST_SLACK = 0.5;
const LONGEST_STEP = 0.2; // seconds between two frames; slower cameras are not shown later for that
const MOST_SKIPS = 5; // within SKIPS_WITHIN; beyond that, the connection or the browser counts as too slow for video
const SKIPS_WITHIN = 30000; // milliseconds
const FAR = 1; // seconds behind the newest frame, after which the rest is skipped

/** This browser cannot play the video, or this server has none. */
export class NotPlayable extends Error {}

export const canPlay = () => Boolean(Source?.isTypeSupported('video/mp4; codecs="avc1.4d401f"'));

/**
 * What is called while a video plays.
 * @typedef {object} Listener
 * @property {(heartbeat: string | null, bytes: number) => void} onData Called for each message, with the heartbeat in seconds if it is known.
 * @property {(codec: string) => void} onBegin Called when a video begins.
 * @property {(ts: number, time: number) => void} onKeyframe Called with the time of a capture in Unix seconds, and in the video.
 */

/**
 * Plays until the connection or the video ends, or nothing can be played.
 * @param {HTMLVideoElement} video
 * @param {string} address Relative to the page.
 * @param {AbortSignal} signal
 * @param {Listener} listener
 * @returns {Promise<never>} Always rejected; with NotPlayable if another attempt would fail, too.
 */
export function play(video, address, signal, { onData, onBegin, onKeyframe }) {
  const url = new URL(address, document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  return new Promise((_, reject) => {
    /** @param {Error} error */
    const end = (error) => {
      socket.onmessage = socket.onclose = null;
      socket.close();
      reject(error);
    };
    const player = new Player(video, end);
    /** @type {string | null} */
    let heartbeat = null;
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        const { codec, error, heartbeat: seconds, ts, time } = JSON.parse(data);
        heartbeat = seconds ?? heartbeat;
        if (error) return end(error.code === "not_supported" ? new NotPlayable(error.message) : new Error(error.message));
        if (codec) {
          player.begin(`video/mp4; codecs="${codec}"`);
          onBegin(codec);
        }
        if (ts) onKeyframe(ts, time);
      } else player.add(data);
      return onData(heartbeat, data.byteLength ?? data.length);
    };
    socket.onclose = () => end(new Error("the connection has ended"));
    signal.addEventListener("abort", () => end(new Error("stopped")), { once: true });
  });
}

/** Appends what is received to a media source, and stays close to its end. */
class Player {
  /**
   * @param {HTMLVideoElement} video
   * @param {(error: Error) => void} end
   */
  constructor(video, end) {
    this.video = video;
    this.end = end;
    /** @type {SourceBuffer | null} */
    this.buffer = null;
    /** @type {MediaSource | null} */
    this.source = null;
    /** @type {ArrayBuffer[]} What waits for the buffer. */
    this.waiting = [];
    this.bytes = 0;
    /** How long the newest frame lasts, and when the newest group of pictures begins, in seconds. */
    this.frame = 0;
    this.keyframe = 0;
    this.slack = LEAST_SLACK;
    /** When the next frame begins; null if that may be anywhere. @type {number | null} */
    this.next = null;
    /** @type {number[]} When something was not shown because it came too late. */
    this.skips = [];
    video.onwaiting = () => this.starved();
    video.onerror = () => end(new Error(video.error?.message ?? "the video cannot be decoded"));
  }

  /**
   * Begins with an initialization segment, which comes next.
   * @param {string} type
   */
  begin(type) {
    if (!Source?.isTypeSupported(type)) return this.end(new NotPlayable(type));
    const source = new Source();
    this.source = source;
    this.buffer = null;
    this.waiting = [];
    this.bytes = 0;
    this.keyframe = 0;
    this.next = null;
    const address = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(address);
      if (source !== this.source) return;
      this.buffer = source.addSourceBuffer(type);
      this.buffer.addEventListener("updateend", () => this.update());
      this.append();
    }, { once: true });
    this.video.disableRemotePlayback = true; // a managed source does not open without
    this.video.src = address;
    if (Source !== self.MediaSource) this.play(); // iOS loads nothing before
    return undefined;
  }

  /** @param {ArrayBuffer} data A segment. */
  add(data) {
    const view = new DataView(data);
    const size = view.getUint32(0);
    if (view.getUint32(4) === 0x6d6f6f66) { // "moof", whose last fields are duration, size and flags of the frame
      const time = Number(view.getBigUint64(60)) / CLOCK;
      this.frame = view.getUint32(size - 12) / CLOCK;
      if (view.getUint32(size - 4) === SYNC_SAMPLE) this.keyframe = time;
      if (this.next !== null && time > this.next + 0.001) this.skipped();
      this.next = time + this.frame;
    }
    this.waiting.push(data);
    this.bytes += data.byteLength;
    if (this.bytes > MOST_WAITING) this.end(new Error("the browser is too slow"));
    else this.append();
  }

  append() {
    if (!this.buffer || this.buffer.updating || !this.waiting.length) return;
    const all = new Uint8Array(this.bytes);
    let at = 0;
    for (const part of this.waiting) {
      all.set(new Uint8Array(part), at);
      at += part.byteLength;
    }
    this.waiting = [];
    this.bytes = 0;
    try {
      this.buffer.appendBuffer(all);
    } catch (error) {
      this.end(/** @type {Error} */ (error)); // the media source was closed, or the buffer is full
    }
  }

  /** Moves towards the newest frame, and forgets what was shown. */
  update() {
    const { video, buffer } = this;
    if (!buffer || !video.buffered.length) return this.append();
    const { start, behind, step } = this.position();
    const wanted = this.slack + step;
    this.slack = Math.max(LEAST_SLACK, 0.99 * this.slack);
    if (video.currentTime < start) this.skip();
    else if (behind > FAR) {
      this.skip();
      this.skipped();
    } else video.playbackRate = behind > wanted + step / 2 ? 1.1 : behind < wanted - step ? 0.95 : 1;
    if (video.paused && behind > step / 2) this.play();
    const isOld = this.keyframe - video.buffered.start(0) > KEPT && video.currentTime > this.keyframe;
    return isOld && !buffer.updating ? buffer.remove(0, this.keyframe) : this.append();
  }

  /** What is buffered without a hole up to the newest frame, and how far the video is behind that frame, in seconds. */
  position() {
    const { buffered, currentTime } = this.video;
    const [start, end] = [buffered.start(buffered.length - 1), buffered.end(buffered.length - 1)];
    return { start, end, behind: end - this.frame - currentTime, step: Math.min(LONGEST_STEP, this.frame) };
  }

  /** Continues close to the newest frame. */
  skip() {
    const { start, end } = this.position();
    this.video.currentTime = Math.max(start, end - this.frame - this.slack);
  }

  /** Counts frames that were not shown. If there are many, an MJPEG stream copes better, as its pictures are independent. */
  skipped() {
    const now = performance.now();
    this.skips = [...this.skips.filter((at) => now - at < SKIPS_WITHIN), now];
    if (this.skips.length >= MOST_SKIPS) this.end(new NotPlayable("the connection is too slow"));
  }

  /** The next frame was not there in time. */
  starved() {
    if (this.video.seeking || !this.video.buffered.length) return;
    this.slack = Math.min(MOST_SLACK, this.slack + 0.05);
    const { behind, step } = this.position();
    // Chromium then takes one frame after the other out of its decoder, and waits after each although more are there.
    if (behind > step) this.skip();
  }

  play() {
    this.video.play().catch((error) => {
      // Muted videos may play by themselves, except in some power saving modes.
      if (error.name === "NotAllowedError") this.end(new NotPlayable(error.message));
    });
  }
}
