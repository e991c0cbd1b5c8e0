import { Worker } from 'node:worker_threads'
import sharp from 'sharp'
import { createFairShare, type Asker, type FairShare } from '../../fairness/fair-share.ts'
import { assertClassifier, classifierFolder } from './installed-classifier.ts'

export interface ImageClassifierSettings {
  /** Refuses from this sum of the two pornographic classes on. */
  threshold: number
  /** Longest time for one picture from its turn on, the start of the worker included. */
  timeoutMs: number
  /** Where it is installed: `classifierFolder` of the data folder. */
  folder: string
}

/** Tried on harmless pictures only, where the sum stayed under 0.1; see docs/safety.md. */
export const defaultImageClassifierSettings: ImageClassifierSettings = {
  threshold: 0.85,
  timeoutMs: 20_000,
  folder: classifierFolder('./data'),
}

export interface ImageScore {
  category: 'sexual' | 'suggestive'
  score: number
  rule: string
}

/** The image classifier. Costs nothing until the first picture, then a worker of about 200 MB. */
export interface ImageClassifier {
  /**
   * Throws ClassifierUnusable when it is not installed or damaged; others when the picture cannot be
   * read, or the worker fails or is too slow.
   */
  classify(bytes: Uint8Array, asker: Asker): Promise<ImageScore[]>
  close(): Promise<void>
}

const side = 224
const classes = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'] as const

/** Pictures in the worker: one that is too slow takes the worker, and with it all that are there, along. */
const atOnce = 1

interface Pending {
  resolve: (scores: number[]) => void
  reject: (error: Error) => void
}

/** `pictures` is what pictures are brought to the size of the model with. */
export function createImageClassifier(
  { timeoutMs, folder }: Omit<ImageClassifierSettings, 'threshold'>,
  pictures: FairShare,
): ImageClassifier {
  const turns = createFairShare({ total: atOnce })
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let verified: Promise<void> | undefined
  let isClosed = false
  let lastId = 0

  const drop = (error: Error) => {
    const broken = worker
    worker = undefined
    verified = undefined
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
    // The next picture starts a new one.
    void broken?.terminate()
  }

  // Once for each worker: it may have been installed, or put right, since the last one.
  const verify = (): Promise<void> => {
    verified ??= assertClassifier(folder).catch((error: unknown) => {
      verified = undefined
      throw error
    })
    return verified
  }

  const start = (): Worker => {
    const started = new Worker(workerEntry(), { workerData: { folder } })
    started.on('message', ({ id, scores }: { id: number; scores: number[] }) => {
      pending.get(id)?.resolve(scores)
      pending.delete(id)
      // An idle worker must not keep the process alive.
      if (pending.size === 0) started.unref()
    })
    started.on('error', (error) => {
      if (worker === started) drop(error)
    })
    started.on('exit', () => {
      if (worker === started) drop(new Error('the classifier stopped'))
    })
    return started
  }

  const ask = async (pixels: Uint8Array): Promise<number[]> => {
    if (isClosed) throw new Error('the classifier is closed')
    const asked = (worker ??= start())
    asked.ref()
    const id = ++lastId
    return await new Promise<number[]>((resolve, reject) => {
      pending.set(id, { resolve, reject })
      asked.postMessage({ id, pixels })
    })
  }

  const classifyNow = async (pixels: Uint8Array): Promise<ImageScore[]> => {
    const timer = setTimeout(() => drop(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      return toScores(await ask(pixels))
    } finally {
      clearTimeout(timer)
    }
  }

  const toPixelsInTurn = async (bytes: Uint8Array, asker: Asker): Promise<Uint8Array> => {
    const leave = await pictures.take(asker)
    try {
      return await toPixels(bytes)
    } finally {
      leave()
    }
  }

  return {
    async classify(bytes, asker) {
      const pixels = await toPixelsInTurn(bytes, asker)
      await verify()
      const leave = await turns.take(asker)
      try {
        return await classifyNow(pixels)
      } finally {
        leave()
      }
    },
    async close() {
      isClosed = true
      const running = worker
      drop(new Error('the classifier is closed'))
      await running?.terminate()
    },
  }
}

/** A worker is always started from compiled JavaScript, also when this file runs from source. */
function workerEntry(): URL {
  const name = 'classifier-worker.js'
  const fromSource = `../../../dist/safety/image-classifier/${name}`
  return new URL(import.meta.url.endsWith('.ts') ? fromSource : `./${name}`, import.meta.url)
}

/** Squeezed to the model's square, as in its training; alpha on white. */
async function toPixels(bytes: Uint8Array): Promise<Uint8Array> {
  return await sharp(bytes)
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .resize(side, side, { fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer()
}

function toScores(scores: readonly number[]): ImageScore[] {
  const of = (name: (typeof classes)[number]) => scores[classes.indexOf(name)] ?? 0
  const round = (score: number) => Math.min(1, Math.round(score * 1000) / 1000)
  const [porn, hentai, sexy] = [of('porn'), of('hentai'), of('sexy')]
  const rule = `porn ${porn.toFixed(2)}, hentai ${hentai.toFixed(2)}`
  return [
    { category: 'sexual', score: round(porn + hentai), rule },
    { category: 'suggestive', score: round(sexy), rule: `sexy ${sexy.toFixed(2)}` },
  ]
}
