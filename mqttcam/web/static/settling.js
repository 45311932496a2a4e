// Notices that the size of an element has changed, once it changes no more.

const SETTLED = 400; // milliseconds without another change

export class Settling {
  /**
   * @param {HTMLElement} element
   * @param {() => void} onSettled
   */
  constructor(element, onSettled) {
    this.element = element;
    this.onSettled = onSettled;
    this.timer = 0;
    this.observer = new ResizeObserver(() => this.changed());
  }

  start() {
    this.observer.observe(this.element);
  }

  stop() {
    this.observer.disconnect();
    clearTimeout(this.timer);
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onSettled, SETTLED);
  }
}
