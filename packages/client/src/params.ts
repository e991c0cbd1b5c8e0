/**
 * The parameters as they are at this moment. What happens to the object afterwards, such as the
 * next turn of a loop, is none of this call's.
 */
export function snapshot(params: object | undefined): object {
  const { images } = { ...params } as { images?: unknown }
  return Array.isArray(images) ? { ...params, images: images.map(ofImage) } : { ...params }
}

function ofImage(image: unknown): unknown {
  if (typeof image !== 'object' || image === null) return image
  const { url } = image as { url?: unknown }
  return { ...image, url: ArrayBuffer.isView(url) || isArrayBuffer(url) ? copyOf(url) : url }
}

function copyOf(bytes: ArrayBufferView | ArrayBuffer): Uint8Array {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)
  // What is far too large is refused by its size, and need not be held twice.
  return view.length > 2 ** 26 ? view : view.slice()
}

// Not by class: in Jest there are two of it.
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]'
}
