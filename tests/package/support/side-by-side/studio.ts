import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { falWire, openaiWire, type Reply } from './wires.ts'

/** A request as it came. */
export interface Seen {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: Buffer
}

/**
 * What is done to a request. `reset` cuts the connection before anything is done, `lost` when all is
 * done; a directive is added to the prompt, for a gateway's sandbox; a reply is given in its place.
 */
export type Misfortune = 'reset' | 'lost' | `[[${string}]]` | Reply

/** A server that speaks all three wires. Filmgate's requests go on to a real gateway. */
export interface Studio {
  baseURL: string
  /** What the clients need to find it. */
  env: Record<string, string>
  seen: Seen[]
  /** The requests that create something. */
  creations(): Seen[]
  /** The requests that read the state of a film. */
  reads(): Seen[]
  close(): Promise<void>
}

const creating = /^\/(v2\/\w+\/generations|v1\/(images|videos)\b.*|queue\.fal\.run\/.*)$/
const reading = /^\/(v2\/videos\/generations\/\w+|v1\/videos\/\w+|.*\/status\?logs=\d)$/

/** Whether a request creates something, in any of the three APIs. */
export function creates({ method, path }: Seen): boolean {
  return method === 'POST' && creating.test(path)
}

/** Whether it asks how a film is doing. */
export function readsState({ method, path }: Seen): boolean {
  return method === 'GET' && reading.test(path)
}

/** Starts it before a gateway. `befall` decides what each request meets with. */
export async function startStudio(
  gateway: { baseURL: string; testKey: string },
  befall: (request: Seen) => Misfortune | undefined = () => undefined,
): Promise<Studio> {
  const seen: Seen[] = []
  const wires = [openaiWire(), falWire()]

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request
    const arrived = { method, path, headers, body: await bodyOf(request) }
    seen.push(arrived)
    const misfortune = befall(arrived)
    if (misfortune === 'reset') return void request.socket.resetAndDestroy()
    if (typeof misfortune === 'object') return write(response, misfortune)
    const directive = misfortune === 'lost' ? undefined : misfortune
    const reply = path.startsWith('/v2/')
      ? await forward(gateway.baseURL, arrived, directive)
      : (wires.map((wire) => wire(arrived, baseURL)).find(Boolean) ?? unknown)
    if (misfortune === 'lost') request.socket.resetAndDestroy()
    else write(response, reply)
  }
  const server = createServer((request, response) => {
    // What fails here must be seen: no client takes it for an answer of an API.
    serve(request, response).catch((error: unknown) => {
      response.writeHead(418).end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // An address with a port: the server listens on TCP.
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    baseURL,
    env: {
      STUDIO_URL: baseURL,
      FILMGATE_BASE_URL: baseURL,
      FILMGATE_API_KEY: gateway.testKey,
      OPENAI_BASE_URL: `${baseURL}/v1`,
      OPENAI_API_KEY: 'sk-openai',
      FAL_KEY: 'fal:key',
    },
    seen,
    creations: () => seen.filter(creates),
    reads: () => seen.filter(readsState),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const unknown: Reply = { status: 404, body: { error: { message: 'No such route.' } } }

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function forward(gatewayURL: string, request: Seen, directive?: string): Promise<Reply> {
  const { method, path, headers, body } = request
  const { host: _, connection: _c, 'content-length': _l, ...kept } = headers
  const answer = await fetch(`${gatewayURL}${path}`, {
    method,
    // Node gives lists only for headers that these clients do not send.
    headers: kept as Record<string, string>,
    ...(body.length > 0 && { body: withDirective(body, directive) }),
  })
  const { 'transfer-encoding': _t, ...all } = Object.fromEntries(answer.headers)
  return { status: answer.status, headers: all, body: Buffer.from(await answer.arrayBuffer()) }
}

function withDirective(body: Buffer, directive: string | undefined): string {
  if (!directive) return body.toString()
  // A request for a picture or film, which has a prompt.
  const params = JSON.parse(body.toString()) as { prompt: string }
  return JSON.stringify({ ...params, prompt: `${params.prompt} ${directive}` })
}

function write(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  const isRaw = Buffer.isBuffer(body) || typeof body === 'string'
  const type = isRaw ? 'application/octet-stream' : 'application/json'
  response
    .writeHead(status, { 'Content-Type': type, ...headers })
    .end(isRaw ? body : JSON.stringify(body))
}
