/** Worker thread of the image classifier: loads the model, then answers one picture after another. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

/** As much of the packages as is used here; they are fetched by the operator, and so have no types. */
interface Tensor {
  dataSync(): Float32Array
  dispose(): void
}
interface Core {
  env(): { set(flag: string, value: boolean): void }
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  tidy<Result>(work: () => Result): Result
  tensor4d(values: Float32Array, shape: number[]): Tensor
}
interface WebAssemblyBackend {
  setWasmPaths(folder: string): void
}
interface Converter {
  loadGraphModel(source: { load(): Promise<object> }): Promise<{ predict(input: Tensor): Tensor }>
}
interface Model {
  modelTopology: object
  weightsManifest: { weights: object[] }[]
}

const side = 224

/** Takes 224 x 224 RGB bytes; gives the probabilities of Drawing, Hentai, Neutral, Porn and Sexy. */
async function load(folder: string): Promise<(pixels: Uint8Array) => number[]> {
  const modules = join(folder, 'node_modules')
  const loadModule = createRequire(join(modules, 'classifier.js'))
  // The casts hold because the very bytes behind these names are pinned (classifier-packages.ts).
  const core = loadModule('@tensorflow/tfjs-core') as Core
  const { setWasmPaths } = loadModule('@tensorflow/tfjs-backend-wasm') as WebAssemblyBackend
  const { loadGraphModel } = loadModule('@tensorflow/tfjs-converter') as Converter
  core.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  setWasmPaths(join(modules, '@tensorflow/tfjs-backend-wasm/dist/'))
  await core.setBackend('wasm')
  await core.ready()
  const weights = join(modules, 'nsfwjs/dist/models/mobilenet_v2_mid')
  const graph = await loadGraphModel({
    load: () => Promise.resolve(readModel((name) => loadModule(join(weights, name)) as unknown)),
  })
  return (pixels) => {
    const values = Float32Array.from(pixels, (value) => value / 255)
    const output = core.tidy(() => graph.predict(core.tensor4d(values, [1, side, side, 3])))
    const scores = Array.from(output.dataSync())
    output.dispose()
    return scores
  }
}

/** The package wraps the model and its weights in scripts: an object, and texts in base64. */
function readModel(readScript: (name: string) => unknown): object {
  const { modelTopology, weightsManifest } = readScript('model.min.js') as Model
  const shards = ['group1-shard1of2.min.js', 'group1-shard2of2.min.js']
  const bytes = Buffer.concat(
    shards.map((name) => Buffer.from(readScript(name) as string, 'base64')),
  )
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(bytes).buffer,
  }
}

if (parentPort === null) throw new Error('this file is the entry of a worker thread')
const port = parentPort
const classify = await load((workerData as { folder: string }).folder)
port.on('message', ({ id, pixels }: { id: number; pixels: Uint8Array }) => {
  port.postMessage({ id, scores: classify(pixels) })
})
