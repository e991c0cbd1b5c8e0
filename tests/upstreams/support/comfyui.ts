import { afterAll, beforeAll } from 'vitest'
import { openFsStore } from '../../../packages/server/src/media/fs-store.ts'
import type { GenerationInput } from '../../../packages/server/src/models/parse-input.ts'
import { createHttpClient } from '../../../packages/server/src/net/http-client.ts'
import { comfyuiAdapter } from '../../../packages/server/src/upstreams/comfyui/index.ts'
import type {
  Json,
  Polled,
  Submitted,
  Upstream,
  UpstreamImage,
  UpstreamJob,
  UpstreamRef,
} from '../../../packages/server/src/upstreams/upstream.ts'
import { temporaryFolder } from '../../support/gateway.ts'
import type { RequestRecord } from '../../support/upstream/records.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../../support/upstream/scripted-upstream.ts'

export type Nodes = Record<string, { class_type: string; inputs: Record<string, Json> }>

/** Makes a picture of any size. */
export const pictures: Nodes = {
  3: { class_type: 'KSampler', inputs: { seed: '{{seed}}', steps: 20, latent_image: ['5', 0] } },
  5: { class_type: 'EmptyImage', inputs: { width: '{{width}}', height: '{{height}}' } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: '{{prompt}}, sharp' } },
  9: { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'ComfyUI' } },
}

/** Makes films that begin with a picture. */
export const films: Nodes = {
  2: { class_type: 'LoadImage', inputs: { image: '{{first_frame}}' } },
  5: {
    class_type: 'WanImageToVideo',
    inputs: { width: '{{width}}', height: '{{height}}', length: '{{frames}}' },
  },
  6: { class_type: 'CLIPTextEncode', inputs: { text: '{{prompt}}' } },
  9: { class_type: 'SaveVideo', inputs: { video: ['5', 0], filename_prefix: 'video/ComfyUI' } },
}

/** What the client of an order without wishes gets. */
const plainInput: GenerationInput = {
  prompt: '',
  images: [],
  aspectRatio: '1:1',
  resolution: '1K',
  seed: null,
  outputFormat: 'png',
  duration: null,
  sound: null,
}

let jobs = 0

/** A job with an id of its own. */
export function toJob(
  prompt: string,
  {
    nodes = pictures,
    input = {},
    images = [],
    params = {},
  }: {
    nodes?: Nodes
    input?: Partial<GenerationInput>
    images?: UpstreamImage[]
    params?: Record<string, Json>
  } = {},
): UpstreamJob {
  const type = (input.duration ?? null) === null ? 'image' : 'video'
  const config = { workflow: './workflow.json', params }
  const route = comfyuiAdapter.parseRoute(config, type, () => JSON.stringify(nodes))
  return {
    id: `att_${String(++jobs).padStart(32, '0')}`,
    generationId: 'gen_1',
    workspaceId: 'ws_1',
    tenant: 'ws_1',
    type,
    route: { upstream: 'gpu-1', ...route },
    input: { ...plainInput, ...input, prompt },
    images,
  }
}

/** A reference image that streams in pieces. */
export function toImage(bytes: Buffer, role: UpstreamImage['role']): UpstreamImage {
  return {
    role,
    mimeType: 'image/png',
    width: 64,
    height: 64,
    bytes: bytes.byteLength,
    async *open() {
      for (let at = 0; at < bytes.byteLength; at += 1000) yield bytes.subarray(at, at + 1000)
    },
  }
}

/** A call that has time enough. */
export function call({ timeoutMs = 10_000, signal = new AbortController().signal } = {}) {
  return { signal, timeoutMs, leaveBy: performance.now() + 60_000 }
}

/** One server for a test file; each test has an account of its own at it. */
export function useComfyUI() {
  const http = createHttpClient({ userAgent: 'filmgate-test' })
  let server: ScriptedUpstream
  let accounts = 0
  beforeAll(async () => {
    server = await startUpstream()
  })
  afterAll(async () => {
    await http.close()
    await server.stop()
  })
  return {
    server: () => server,
    async open({ key, secret = key }: { key?: string; secret?: string } = {}) {
      const account = await server.account(`comfy-${++accounts}`, key === undefined ? {} : { key })
      const upstream = comfyuiAdapter.create({
        name: 'gpu-1',
        baseUrl: account.comfyui,
        credential: secret === undefined ? undefined : { name: 'COMFY_KEY', secret },
        http,
        files: http,
        store: await openFsStore(temporaryFolder()),
        clock: () => Date.parse('2026-11-24T00:00:00Z'),
      })
      return { account, upstream }
    },
  }
}

/** Prepares and submits. */
export async function send(upstream: Upstream, job: UpstreamJob): Promise<Submitted> {
  const prepared = await upstream.prepare?.(job, call())
  if (prepared?.kind !== 'ready') throw new Error(`not prepared: ${JSON.stringify(prepared)}`)
  return upstream.submit(job, prepared.data, call())
}

/** Submits what is taken. */
export async function sendWell(upstream: Upstream, job: UpstreamJob): Promise<UpstreamRef> {
  const submitted = await send(upstream, job)
  if (submitted.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(submitted)}`)
  return submitted.ref
}

/** The address of the only file of a result. */
export function sourceOf(polled: Polled): Json {
  const output = polled.kind === 'done' ? polled.outputs[0] : undefined
  if (output?.kind !== 'remote') throw new Error(`no file: ${JSON.stringify(polled)}`)
  return output.source
}

/** Fetches a file to its end. */
export async function fetchFile(upstream: Upstream, source: Json): Promise<Buffer> {
  const downloaded = await upstream.download(source, call())
  if (downloaded.kind !== 'file') throw new Error(`no file: ${JSON.stringify(downloaded)}`)
  const pieces: Uint8Array[] = []
  for await (const piece of downloaded.body) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Method and path of each request, without queries. */
export async function pathsAt(account: UpstreamAccount): Promise<string[]> {
  const requests = await account.requests()
  return requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)
}

/** The bodies of all submissions. */
export async function promptsAt(
  account: UpstreamAccount,
): Promise<{ prompt: Nodes; prompt_id: string; client_id: string }[]> {
  const requests: RequestRecord[] = await account.requests()
  return requests.flatMap(({ path, body }) => (path === '/prompt' ? [JSON.parse(body)] : []))
}
