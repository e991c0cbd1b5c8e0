import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the server saw it. */
export interface SeenRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: Record<string, unknown> | undefined
}

/** A server of parts A and B of the contract with nothing of part C. */
export interface PlainServer {
  baseURL: string
  key: string
  seen: SeenRequest[]
  /** Generations made so far: each is paid for. */
  made(): number
  close(): Promise<void>
}

interface Video {
  pollsLeft: number
  prompt: string
}

interface Reply {
  status: number
  body: unknown
  headers?: Record<string, string>
}

const key = 'sk_live_plain'
const statuses: Record<string, number> = {
  invalid_api_key: 401,
  parameter_missing: 400,
  invalid_parameter: 400,
  quota_exceeded: 402,
  content_policy_violation: 422,
  rate_limit: 429,
  not_found: 404,
  server_error: 500,
}
const imageFields = ['model', 'prompt', 'images', 'aspect_ratio', 'resolution', 'output_format']
const videoFields = ['model', 'prompt', 'images', 'aspect_ratio', 'resolution', 'duration', 'sound']

/**
 * Starts it on a free port. A prompt `fail CODE` is refused with that code, `flaky N` answers 500
 * to its first N requests, and `late CODE` makes a film that fails with that code.
 */
export async function startPlainServer(pollsPerVideo = 2): Promise<PlainServer> {
  const seen: SeenRequest[] = []
  const videos = new Map<string, Video>()
  const refusals = new Map<string, number>()
  let made = 0

  const route = (request: SeenRequest): Reply => {
    const { method, path, headers, body } = request
    if (path.startsWith('/file.')) return file(path)
    if (headers.authorization !== `Bearer ${key}`) return refuse('invalid_api_key')
    if (method === 'POST' && path === '/v2/images/generations') return create(body, imageFields)
    if (method === 'POST' && path === '/v2/videos/generations') return create(body, videoFields)
    const id = /^\/v2\/videos\/generations\/(\w+)$/.exec(path)?.[1]
    if (method === 'GET' && id) return read(id)
    if (method !== 'GET') return refuse('not_found')
    if (path.startsWith('/v2/models')) return { status: 200, body: [listedModel] }
    if (path === '/v2/billing/balance') {
      return { status: 200, body: { balance: '12.34', currency: 'USD' } }
    }
    return refuse('not_found')
  }

  const create = (body: Record<string, unknown> | undefined, fields: string[]): Reply => {
    const missing = ['model', 'prompt'].find((name) => body?.[name] === undefined)
    if (missing) return refuse('parameter_missing', missing)
    const unknown = Object.keys(body ?? {}).find((name) => !fields.includes(name))
    if (unknown) return refuse('invalid_parameter', unknown)
    const prompt = String(body?.['prompt'])
    const [word, argument = ''] = prompt.split(' ')
    if (word === 'fail') return refuse(argument)
    const times = refusals.get(prompt) ?? 0
    refusals.set(prompt, times + 1)
    if (word === 'flaky' && times < Number(argument)) return refuse('server_error')
    made += 1
    const id = `plain${made}`
    if (fields === imageFields) return { status: 200, body: completed(id, 'image') }
    videos.set(id, { pollsLeft: pollsPerVideo, prompt })
    return { status: 202, body: { id, status: 'pending' } }
  }

  const read = (id: string): Reply => {
    const video = videos.get(id)
    if (!video) return refuse('not_found')
    if (video.pollsLeft-- > 0) return { status: 200, body: { id, status: 'pending' } }
    const [word, argument = ''] = video.prompt.split(' ')
    if (word !== 'late') return { status: 200, body: completed(id, 'video') }
    const error = { code: argument, message: `The film ended with ${argument}.` }
    return { status: 200, body: { id, status: 'failed', error } }
  }

  const completed = (id: string, type: 'image' | 'video'): unknown => ({
    id,
    status: 'completed',
    model: 'plain-model',
    data: [
      {
        url: `${baseURL}/file.${type === 'video' ? 'mp4' : 'jpg'}`,
        width: 64,
        height: 64,
        ...(type === 'video' && { duration: 5, fps: 24, has_sound: false }),
        mime_type: type === 'video' ? 'video/mp4' : 'image/jpeg',
        deletes_at: '2030-01-01T00:00:00.000Z',
      },
    ],
    usage: { total_cost: 0.04, billable_unit: type, unit_price: 0.04, quantity: 1 },
  })

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request
    const exchange = { method, path, headers, body: await readBody(request) }
    seen.push(exchange)
    write(response, route(exchange))
  }
  const server = createServer((request, response) => {
    void serve(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // An address with a port: the server listens on TCP.
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { baseURL, key, seen, made: () => made, close }
}

const listedModel = {
  id: 'plain-model',
  name: 'Plain model',
  type: 'video',
  created_at: '2026-01-01T00:00:00.000Z',
}

function file(path: string): Reply {
  const type = path.endsWith('.mp4') ? 'video/mp4' : 'image/jpeg'
  return { status: 200, body: Buffer.from('the file'), headers: { 'Content-Type': type } }
}

function refuse(code: string, param: string | null = null): Reply {
  const error = { message: `Refused: ${code}.`, type: 'invalid_request_error', param, code }
  return {
    status: statuses[code] ?? 500,
    body: { error: { ...error, doc_url: `http://docs.invalid/${code}` } },
    ...(code === 'rate_limit' && { headers: { 'Retry-After': '1' } }),
  }
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? undefined : JSON.parse(text)
}

function write(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  if (Buffer.isBuffer(body)) {
    response.writeHead(status, headers).end(body)
    return
  }
  response
    .writeHead(status, { 'Content-Type': 'application/json', ...headers })
    .end(JSON.stringify(body))
}
