/**
 * The process that plays the upstreams. It listens twice, since one of the two can be told to be down:
 * `/{account}/{openai/v1|fal|comfyui|files}/…` is what a gateway sees, `/_control/…` what a test says.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Account } from './account.ts'
import { createControl } from './control.ts'
import { exchange, type Target } from './exchange.ts'
import type { WireName } from './records.ts'
import { openSocket } from './wires/comfy-socket.ts'
import { comfyui } from './wires/comfyui.ts'
import { fal } from './wires/fal.ts'
import { files } from './wires/files.ts'
import { openai } from './wires/openai.ts'
import type { Wire } from './wires/wire.ts'

const wires: Record<WireName, Wire> = { openai, fal, comfyui, files }
const accounts = new Map<string, Account>()

const upstreams = createServer((request, response) => {
  const target = locate(request)
  if (target === undefined) response.writeHead(404).end('No such account or upstream.')
  else exchange(target, request, response).catch(report)
})
upstreams.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
  const target = locate(request)
  if (target?.name === 'comfyui') openSocket(target, request, socket)
  else socket.destroy()
})
// Connections live until one of the two ends them: what a stall is must not depend on the server.
upstreams.keepAliveTimeout = 0
upstreams.requestTimeout = 0

let port = 0

async function up(): Promise<void> {
  if (!upstreams.listening) port = await listen(upstreams, port)
}

async function down(): Promise<void> {
  const closed = new Promise((resolve) => upstreams.close(resolve))
  upstreams.closeAllConnections()
  // What was upgraded is no connection of the server's any more.
  for (const account of accounts.values()) account.comfy.dropSockets()
  await closed
}

const control = createControl({ accounts, up, down })
const controlServer = createServer((request: IncomingMessage, response: ServerResponse) => {
  control(request, response).catch((error: unknown) => {
    if (!response.headersSent) response.writeHead(500).end(String(error))
  })
})
controlServer.requestTimeout = 0

// Whoever started us holds the other end of this; without them nobody needs us.
process.stdin.on('close', () => process.exit()).resume()

await up()
const controlPort = await listen(controlServer, 0)
process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
process.stdout.write(`controlled on http://127.0.0.1:${controlPort}\n`)

function locate({ url: target = '/' }: IncomingMessage): Target | undefined {
  const url = new URL(target, 'http://127.0.0.1')
  const [accountName = '', name = '', ...rest] = url.pathname.slice(1).split('/')
  const account = accounts.get(accountName)
  if (account === undefined || !isWire(name)) return undefined
  return { account, name, wire: wires[name], path: rest.map(decode), url }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function isWire(name: string): name is WireName {
  return Object.hasOwn(wires, name)
}

function listen(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // An address with a port: the server listens on TCP.
    server.listen(wanted, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function report(error: unknown): void {
  // A fault in here must not look like one of the gateway's.
  console.error('The scripted upstream failed:', error)
  process.exit(1)
}
