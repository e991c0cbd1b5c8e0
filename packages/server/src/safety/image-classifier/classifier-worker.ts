/** Worker thread of the bundled classifier: loads the model, then answers one picture after another. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parentPort } from 'node:worker_threads'

// The same distance from the source and from the compiled file.
const folder = new URL('../../../assets/generated/image-classifier/', import.meta.url)

interface Runtime {
  loadClassifier(files: {
    folder: string
    model: unknown
    weights: ArrayBuffer
  }): Promise<(pixels: Uint8Array) => number[]>
}

async function load(): Promise<(pixels: Uint8Array) => number[]> {
  // Made by tools/vendor-image-classifier.mjs, which holds the other side of this type.
  const runtime = createRequire(import.meta.url)(
    fileURLToPath(new URL('runtime.cjs', folder)),
  ) as Runtime
  const weights = new Uint8Array(readFileSync(new URL('weights.bin', folder)))
  return await runtime.loadClassifier({
    folder: fileURLToPath(folder),
    model: JSON.parse(readFileSync(new URL('model.json', folder), 'utf8')),
    weights: weights.buffer,
  })
}

if (parentPort === null) throw new Error('this file is the entry of a worker thread')
const port = parentPort
const classify = await load()
port.on('message', ({ id, pixels }: { id: number; pixels: Uint8Array }) => {
  port.postMessage({ id, scores: classify(pixels) })
})
