import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/gateway.ts'
import type { UpstreamAccount } from '../../support/upstream/scripted-upstream.ts'
import type { Kind, Row } from './row.ts'

/** USD of every generation of the table. */
export const price = 0.05

/** The environment that the configuration names. */
export const upstreamKeys = { FAL_KEY: 'fal-key-of-a-test' }

/** A row with the names that it has in one run, and an account of its own for each of its routes. */
export interface NamedRow {
  row: Row
  /** Of its model, of its upstreams and of its Idempotency-Key. */
  name: string
  routes: { kind: Kind; upstream: string; account: UpstreamAccount }[]
}

/** The name of a row by its place in its group. */
export function toName(index: number): string {
  return `row-${index + 1}`
}

/** The part of the configuration that names the rows' upstreams and models. */
export function configOf(rows: readonly NamedRow[]) {
  const workflows = writeWorkflows()
  return {
    upstreams: Object.fromEntries(
      rows.flatMap(({ row, routes }) => routes.map((route) => toUpstream(route, row))),
    ),
    models: rows.map(({ row, name, routes }) => ({
      id: name,
      type: typeOf(row.kind),
      unit_prices: row.kind.endsWith('image') ? { '1K': price } : { '720p': price / filmSeconds },
      deadline_seconds: row.deadlineSeconds ?? 40,
      routes: routes.map((route) => toRoute(route, row, workflows)),
    })),
  }
}

/** The length of every film that is ordered; those of the scripted upstream last a second. */
export const filmSeconds = 5

export function typeOf(kind: Kind): 'image' | 'video' {
  return kind.endsWith('image') ? 'image' : 'video'
}

function toUpstream(
  { kind, upstream, account }: NamedRow['routes'][number],
  { isDown = false, isCrowded = false }: Row,
): [string, object] {
  const [provider = ''] = kind.split(' ')
  const { fal, comfyui, openai } = account
  const addresses: Record<string, string> = { fal, comfyui, openai }
  const adapter = provider === 'openai' ? 'openai-compatible' : provider
  const key = provider === 'fal' ? { api_key: { env: 'FAL_KEY' } } : {}
  const limits = isCrowded ? { requests_per_minute: 1 } : {}
  const address = isDown ? nobody : addresses[provider]
  return [upstream, { adapter, base_url: address, ...key, ...limits }]
}

// A port that no service of today uses.
const nobody = 'http://127.0.0.1:1'

function toRoute(
  { kind, upstream }: NamedRow['routes'][number],
  { image }: Row,
  workflows: Record<'image' | 'video', string>,
): object {
  switch (kind) {
    case 'fal image':
      return { upstream, model: image === undefined ? 'fal-ai/flux/schnell' : 'scripted/flux/edit' }
    case 'fal film':
      return { upstream, model: 'scripted/film/text-to-video' }
    case 'openai image':
      return { upstream, model: 'flux.1-dev' }
    default:
      return { upstream, workflow: workflows[typeOf(kind)] }
  }
}

function writeWorkflows(): Record<'image' | 'video', string> {
  const folder = temporaryFolder()
  const write = (name: string, graph: object) => {
    const path = join(folder, `${name}.json`)
    writeFileSync(path, JSON.stringify(graph))
    return path
  }
  return { image: write('image', imageGraph), video: write('film', filmGraph) }
}

const text = { class_type: 'CLIPTextEncode', inputs: { text: '{{prompt}}' } }
const size = { width: '{{width}}', height: '{{height}}' }

/** A workflow that makes pictures. */
export const imageGraph = {
  1: text,
  2: { class_type: 'EmptyImage', inputs: size },
  3: { class_type: 'KSampler', inputs: { seed: '{{seed}}', latent_image: ['2', 0] } },
  4: { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'picture' } },
}

const filmGraph = {
  1: text,
  2: { class_type: 'WanImageToVideo', inputs: { ...size, length: '{{duration}}' } },
  3: { class_type: 'SaveVideo', inputs: { video: ['2', 0], filename_prefix: 'film' } },
}
