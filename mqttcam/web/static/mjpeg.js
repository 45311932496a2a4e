// Reads an MJPEG stream. Unlike an image element, it notices when nothing is received any more.

/** @import { Picture } from "./pictures.js" */

/**
 * The pictures of a multipart response, by the length in the header of each part: proxies remove the boundary from the
 * Content-Type, Home Assistant's ingress among them.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {() => void} onData Called whenever something is received.
 * @returns {AsyncGenerator<Picture, void, void>}
 */
export async function* parts(body, onData) {
  const reader = body.getReader();
  let data = new Uint8Array(0);
  /**
   * Receives until there are so many bytes.
   * @param {number} count
   */
  const receive = async (count) => {
    const chunks = [data];
    let size = data.length;
    while (size < count) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the stream has ended");
      onData();
      chunks.push(value);
      size += value.length;
    }
    if (chunks.length > 1) data = joined(chunks, size);
  };
  try {
    for (;;) {
      let end;
      while ((end = headEnd(data)) < 0) await receive(data.length + 1);
      const head = new TextDecoder().decode(data.subarray(0, end));
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1]);
      if (!length) throw new Error("a part without a length");
      await receive(end + length);
      const ts = Number(/x-timestamp: *([\d.]+)/i.exec(head)?.[1]) || null;
      yield { blob: new Blob([data.subarray(end, end + length)], { type: "image/jpeg" }), ts };
      data = data.subarray(end + length);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>[]} chunks
 * @param {number} size
 */
function joined(chunks, size) {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/**
 * Where the body of a part begins: after the first empty line; -1 if that is not there yet.
 * @param {Uint8Array} data
 */
function headEnd(data) {
  for (let at = data.indexOf(13); at >= 0; at = data.indexOf(13, at + 1)) {
    if (data[at + 1] === 10 && data[at + 2] === 13 && data[at + 3] === 10) return at + 4;
  }
  return -1;
}
