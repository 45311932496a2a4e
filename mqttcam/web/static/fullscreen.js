// Full screen: of the picture with its tools; on iPhones, which offer that for videos only, of the video, or the whole window.

/**
 * Names of older Safari.
 * @typedef {object} Prefixed
 * @property {Element | null} [webkitFullscreenElement]
 * @property {boolean} [webkitFullscreenEnabled]
 * @property {boolean} [webkitSupportsFullscreen]
 * @property {() => void} [webkitRequestFullscreen]
 * @property {() => void} [webkitExitFullscreen]
 * @property {() => void} [webkitEnterFullscreen]
 */

const page = /** @type {Document & Prefixed} */ (document);

export class FullScreen {
  /**
   * @param {import("./stage.js").Stage} stage
   * @param {(inside: boolean) => void} onChange
   */
  constructor(stage, onChange) {
    this.stage = stage;
    this.element = /** @type {HTMLElement & Prefixed} */ (stage.element);
    this.onChange = onChange;
    for (const name of ["fullscreenchange", "webkitfullscreenchange"]) this.element.addEventListener(name, () => onChange(this.inside));
  }

  get inside() {
    return this.fills || (page.fullscreenElement ?? page.webkitFullscreenElement) === this.element;
  }

  /** Whether the picture fills the window instead of the screen. */
  get fills() {
    return this.element.classList.contains("filled");
  }

  toggle() {
    if (this.inside) this.leave();
    else this.enter();
  }

  enter() {
    const { element } = this;
    const video = /** @type {HTMLVideoElement & Prefixed} */ (this.stage.video);
    if (page.fullscreenEnabled && element.requestFullscreen) element.requestFullscreen();
    else if (page.webkitFullscreenEnabled && element.webkitRequestFullscreen) element.webkitRequestFullscreen();
    else if (this.stage.showsVideo && video.webkitSupportsFullscreen) video.webkitEnterFullscreen?.();
    else this.fill(true);
  }

  leave() {
    if (this.fills) this.fill(false);
    else if (page.fullscreenElement) page.exitFullscreen();
    else if (page.webkitFullscreenElement) page.webkitExitFullscreen?.();
  }

  /** @param {boolean} on Whether the picture covers the rest of the page, which then takes neither focus nor clicks. */
  fill(on) {
    this.element.classList.toggle("filled", on);
    document.documentElement.classList.toggle("covered", on);
    for (let it = this.element; it.parentElement && it !== document.body; it = it.parentElement) {
      for (const sibling of it.parentElement.children) {
        if (sibling !== it && sibling instanceof HTMLElement && sibling.id !== "toasts") sibling.inert = on;
      }
    }
    this.onChange(on);
  }
}
