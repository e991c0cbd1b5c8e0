/**
 * Brings about each of the eight codes, and a success of each operation worth showing, on a real
 * gateway, and keeps the exchanges for the docs pages. Run directly, it writes them into the contract.
 */
import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { examplesModule, examplesPath, type Exchange, type Recording } from './examples-module.ts'
import { stable } from './stable-exchange.ts'
import { startServer, type RunningServer } from './start-server.ts'

const root = new URL(import.meta.url.includes('/tools/dist/') ? '../../' : '../', import.meta.url)

// Enough for everything that is recorded, and exactly known, so that balances come out the same.
const balanceUsd = '10'
const fox = 'A fox in the snow at dawn'
const image = { model: 'sandbox-image', prompt: fox }
const imagesPath = '/v2/images/generations'
const videosPath = '/v2/videos/generations'
// In the past, so that the amounts are the same whenever this is recorded.
const twoQuietDays = 'start=2026-01-01T00:00:00Z&end=2026-01-03T00:00:00Z'
// More than any default limit.
const mostRequests = 500
// Well-formed, and not the id of anything.
const absentId = 'gen_0198c6a2f4b07c3e9a51d2e6b8f0dead'

/** Records everything anew from the built gateway, with what differs from run to run made stable. */
export async function recordExamples(): Promise<Recording> {
  const rich = await withServer(balanceUsd, async (server) => {
    const answers = await recordAnswers(server)
    return { answers, examples: await recordErrors(server) }
  })
  const quotaExceeded = await withServer('0', (server) => post(server, imagesPath, image))
  const rateLimit = await withServer(balanceUsd, recordRateLimit)
  const recording = {
    answers: rich.answers,
    examples: inCatalogOrder({
      ...rich.examples,
      quota_exceeded: quotaExceeded,
      rate_limit: rateLimit,
    }),
  }
  assertCodes(recording.examples)
  return recording
}

async function recordAnswers(server: RunningServer): Promise<Recording['answers']> {
  const listModels = await get(server, '/v2/models')
  const createImage = await post(server, imagesPath, { ...image, aspect_ratio: '16:9' })
  const createVideo = await post(server, videosPath, {
    model: 'sandbox-video',
    prompt: fox,
    resolution: '480p',
    duration: 2,
    sound: true,
  })
  const videoPath = `${videosPath}/${idOf(createVideo)}`
  const getVideo = await get(server, videoPath, { Prefer: 'wait=60' })
  const toCancel = await post(server, videosPath, {
    model: 'sandbox-video',
    prompt: `${fox} [[delay ms=60000]]`,
  })
  return {
    createImage,
    getImage: await get(server, `${imagesPath}/${idOf(createImage)}`),
    createVideo,
    getVideo,
    cancelVideo: await post(server, `${videosPath}/${idOf(toCancel)}/cancel`),
    listGenerations: await get(server, '/v2/generations?limit=1&type=image'),
    listModels,
    getBalance: await get(server, '/v2/billing/balance'),
    getCosts: await get(server, `/v2/billing/costs?${twoQuietDays}`),
    getHealth: await get(server, '/healthz', {}, null),
    getReadiness: await get(server, '/readyz', {}, null),
  }
}

async function recordErrors(server: RunningServer) {
  return {
    invalid_api_key: await send(server, {
      method: 'POST',
      path: imagesPath,
      body: image,
      key: null,
    }),
    parameter_missing: await post(server, imagesPath, { model: image.model }),
    invalid_parameter: await post(server, imagesPath, { ...image, aspect_ratio: '5:1' }),
    content_policy_violation: await post(server, imagesPath, {
      ...image,
      prompt: `${fox} [[content_policy_violation]]`,
    }),
    not_found: await get(server, `${videosPath}/${absentId}`),
    server_error: await post(server, imagesPath, { ...image, prompt: `${fox} [[server_error]]` }),
  }
}

/** Uses up the image requests of a minute with prompts that are refused, and so neither drawn nor paid. */
async function recordRateLimit(server: RunningServer): Promise<Exchange> {
  const refused = { ...image, prompt: '[[content_policy_violation]]' }
  for (let sent = 0; sent < mostRequests; sent += 1) {
    const exchange = await post(server, imagesPath, sent === 0 ? image : refused)
    if (exchange.response.status === 429) return exchange
    const remaining = exchange.response.headers['x-ratelimit-remaining']
    if (remaining === '0') return post(server, imagesPath, image)
  }
  throw new Error(`No rate limit after ${mostRequests} requests`)
}

function inCatalogOrder(examples: Recording['examples']): Recording['examples'] {
  const { invalid_api_key, parameter_missing, invalid_parameter, quota_exceeded } = examples
  const { content_policy_violation, rate_limit, not_found, server_error } = examples
  return {
    invalid_api_key,
    parameter_missing,
    invalid_parameter,
    quota_exceeded,
    content_policy_violation,
    rate_limit,
    not_found,
    server_error,
  }
}

interface Sent {
  method: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: unknown
  /** null sends no key. */
  key?: null
}

function post(server: RunningServer, path: string, body?: unknown): Promise<Exchange> {
  return send(server, { method: 'POST', path, ...(body === undefined ? {} : { body }) })
}

function get(
  server: RunningServer,
  path: string,
  headers: Record<string, string> = {},
  key?: null,
): Promise<Exchange> {
  return send(server, { method: 'GET', path, headers, ...(key === null ? { key } : {}) })
}

// The exchange keeps real ids; they are made stable at the end of a scenario, since later requests need them.
async function send(server: RunningServer, sent: Sent): Promise<Exchange> {
  const { method, path, body } = sent
  const headers = {
    ...(sent.key === null ? {} : { Authorization: 'Bearer $FILMGATE_API_KEY' }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...sent.headers,
  }
  const answer = await fetch(server.baseURL + path, {
    method,
    headers: {
      ...headers,
      ...(sent.key === null ? {} : { Authorization: `Bearer ${server.key}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    request: { method, path, headers, ...(body === undefined ? {} : { body }) },
    response: {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: await answer.json(),
    },
  }
}

function idOf({ response: { status, body } }: Exchange): string {
  if (typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string')
    return body.id
  throw new Error(`An answer without an id, status ${status}: ${JSON.stringify(body)}`)
}

async function withServer<T extends object>(
  usd: string,
  record: (server: RunningServer) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'filmgate-record-'))
  const bin = fileURLToPath(new URL('packages/server/dist/bin.js', root))
  const server = await startServer({ bin, dataDir, balanceUsd: usd })
  try {
    return stable(await record(server), server.baseURL)
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function assertCodes(examples: Recording['examples']): void {
  for (const [code, { response }] of Object.entries(examples)) {
    if (!JSON.stringify(response.body).includes(`"code":"${code}"`))
      throw new Error(`Expected ${code}, got ${response.status} ${JSON.stringify(response.body)}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL(examplesPath, root), examplesModule(await recordExamples()))
  console.log(`wrote ${examplesPath}; now build and run generate`)
}
