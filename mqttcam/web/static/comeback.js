// When a better way to receive a picture is tried again after it was given up: soon at first, then less and less often.

const FIRST = 2000; // milliseconds
const LAST = 60000;
const FUTILE_FIRST = 60000; // for what would probably fail again, such as video over a slow connection
const FUTILE_LAST = 15 * 60000;
const LASTED = 60000; // without a failure: the pauses begin anew

export class Comeback {
  /** @param {() => void} onDue */
  constructor(onDue) {
    this.onDue = onDue;
    this.pause = 0;
    this.due = -Infinity;
    this.timer = 0;
  }

  get isDue() {
    return performance.now() >= this.due;
  }

  /**
   * The better way has ended, or did not begin.
   * @param {boolean} isFutile Whether it would probably fail again.
   */
  failed(isFutile) {
    const [first, last] = isFutile ? [FUTILE_FIRST, FUTILE_LAST] : [FIRST, LAST];
    const now = performance.now();
    const lasted = now - this.due > Math.max(LASTED, this.pause);
    const next = this.isDue ? 2 * this.pause : this.pause; // not yet due: the way below it has ended as well
    this.pause = lasted ? first : Math.min(last, Math.max(first, next));
    this.due = now + this.pause;
  }

  /** The better way has begun: if there is a still better one, it is next. */
  succeeded() {
    this.due = performance.now() + FIRST;
  }

  wait() {
    this.stop();
    this.timer = setTimeout(this.onDue, this.due - performance.now());
  }

  stop() {
    clearTimeout(this.timer);
  }
}
