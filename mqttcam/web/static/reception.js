// One attempt to receive a camera's picture in one way: it goes on until it ends, fails or stalls.

/** @import { Picture } from "./pictures.js" */
/** @import { Stage } from "./stage.js" */

import { patience } from "./api.js";
import { NotPlayable, play } from "./live.js";
import { polled, pushed, streamAddress, streamed } from "./pictures.js";

const LONGEST_START = 10000; // milliseconds from the beginning of the video to the first frame

/** How the picture can be received, the best first: as video, an MJPEG stream, a WebSocket with pictures, or one picture after the other. */
const RECEIVE = { stream: streamed, socket: pushed, poll: polled };
/** @typedef {"video" | keyof typeof RECEIVE} Way */

export class Reception {
  /**
   * @param {Stage} stage
   * @param {Way} way
   */
  constructor(stage, way) {
    this.stage = stage;
    this.way = way;
    /** The newest address that was requested. */
    this.address = "";
    /** What is received: the capture time of the last keyframe (Unix seconds), where that is in the video, and all bytes. */
    this.received = { codec: "", ts: 0, time: 0, bytes: 0 };
    this.deadline = 0;
    this.firstFrame = 0;
    this.stream = new AbortController();
    this.signal = this.stream.signal;
  }

  get hasSound() {
    return this.received.codec.includes("mp4a");
  }

  async run() {
    /** @type {unknown} */
    let error = null;
    try {
      await (this.way === "video" ? this.readVideo() : this.readPictures(RECEIVE[this.way]));
    } catch (reason) {
      error = reason;
    }
    this.fail(error instanceof NotPlayable);
  }

  async readVideo() {
    await play(this.stage.video, this.begin("live"), this.signal, {
      onData: (heartbeat, size) => {
        this.received.bytes += size;
        this.expect(patience(heartbeat));
      },
      onBegin: (codec) => {
        this.received.codec = codec;
        this.stage.announce(this);
        // Some browsers take in data and never show a frame of it.
        clearTimeout(this.firstFrame);
        this.firstFrame = setTimeout(() => this.fail(true), LONGEST_START);
      },
      onKeyframe: (ts, time) => Object.assign(this.received, { ts, time }),
    });
  }

  /** @param {(receiver: import("./pictures.js").Receiver) => AsyncGenerator<Picture, void, void>} receive */
  async readPictures(receive) {
    this.received.codec = "JPEG";
    const receiver = { begin: this.begin.bind(this), expect: this.expect.bind(this), signal: this.signal };
    for await (const picture of receive(receiver)) {
      if (this.signal.aborted) return;
      this.received.bytes += picture.blob.size;
      this.stage.onPicture(this, picture);
    }
  }

  /**
   * The address of a stream that is opened now.
   * @param {string} file
   */
  begin(file) {
    this.expect(patience(null));
    const { camera, fps } = this.stage;
    this.address = streamAddress(camera.id, file, this.stage.width(this.way), fps);
    this.stage.announce(this);
    return this.address;
  }

  /**
   * Ends the stream unless something is received within this time.
   * @param {number} milliseconds
   */
  expect(milliseconds) {
    clearTimeout(this.deadline);
    if (!this.signal.aborted) this.deadline = setTimeout(() => this.fail(false), milliseconds);
  }

  /** @param {boolean} isFutile Whether it would probably fail again. */
  fail(isFutile) {
    if (this.signal.aborted) return;
    this.end();
    this.stage.onEnd(this, isFutile);
  }

  /** A frame of the video can be shown. */
  begun() {
    clearTimeout(this.firstFrame);
  }

  end() {
    clearTimeout(this.deadline);
    clearTimeout(this.firstFrame);
    this.stream.abort();
  }
}
