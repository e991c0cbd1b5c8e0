import type { Socket } from 'node:net'
import { Filmgate } from '../../../packages/client/src/index.ts'
import {
  answer,
  startRawServer,
  type RawRequest,
  type RawServer,
  type Script,
} from '../../client/support/raw-server.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { makeProject } from './project.ts'
import { startSdk, type Called, type Order, type Result, type Sdk } from './sdk.ts'

/** The AI SDK before a real gateway. */
export interface GatewayBench {
  gateway: TestGateway
  /** A folder to start further processes in. */
  folder: string
  settings: { apiKey: string; baseURL: string }
  sdk: Sdk
  /** The client, to look at the gateway without the AI SDK. */
  direct: Filmgate
  image(options: object, more?: Partial<Order>): Called
  /** As small as films come: these tests are about the way, not the picture. */
  film(options: object, more?: Partial<Order>): Called
  balance(): Promise<number>
  close(): Promise<unknown>
}

/** Packs, installs and starts everything. */
export async function startGatewayBench(): Promise<GatewayBench> {
  const [gateway, project] = await Promise.all([startGateway(), makeProject()])
  const sdk = await startSdk(project.folder)
  const settings = { apiKey: gateway.key, baseURL: gateway.baseURL }
  const direct = new Filmgate(settings)
  const small = { duration: 1, providerOptions: { filmgate: { resolution: '480p' } } }
  return {
    gateway,
    folder: project.folder,
    settings,
    sdk,
    direct,
    image: (options, more) => sdk.call({ call: 'generateImage', settings, options, ...more }),
    film: (options, more) =>
      sdk.call({ call: 'generateVideo', settings, options: { ...small, ...options }, ...more }),
    balance: async () => Number((await direct.billing.balance()).balance),
    close: () => Promise.all([sdk.close(), gateway.stop(), project.remove()]),
  }
}

/** The AI SDK before servers that do as a script says. */
export interface LyingBench {
  sdk: Sdk
  /** Makes a call at a new server, with two retries of the client and 3 s for reads unless the order says otherwise. */
  at(script: Script, order: Omit<Order, 'settings'>): Promise<Called>
  /** The server of the last call. */
  server(): RawServer
  /** Its creating requests, and their distinct keys. */
  posts(): RawRequest[]
  keys(): (string | undefined)[]
  closeServer(): Promise<void>
  close(): Promise<unknown>
}

/** Packs, installs and starts everything but the servers. */
export async function startLyingBench(): Promise<LyingBench> {
  const project = await makeProject()
  const sdk = await startSdk(project.folder)
  let last: RawServer | undefined
  const server = (): RawServer => {
    if (!last) throw new Error('no call was made')
    return last
  }
  const posts = () => server().requests.filter(({ line }) => line.startsWith('POST'))
  return {
    sdk,
    async at(script, order) {
      await last?.close()
      last = await startRawServer(script)
      const settings = { apiKey: 'sk_test_x', baseURL: last.baseURL }
      return sdk.call({ client: { maxRetries: 2, maxElapsed: 3_000 }, ...order, settings })
    },
    server,
    posts,
    keys: () => [...new Set(posts().map(({ headers }) => headers.get('idempotency-key')))],
    closeServer: async () => last?.close(),
    close: () => Promise.all([sdk.close(), last?.close(), project.remove()]),
  }
}

/** Breaks the connection. */
export function reset(socket: Socket): void {
  socket.resetAndDestroy()
}

/** Answers, but ends before all of it is sent. */
export function cut(status: number, body: unknown, headers: Record<string, string> = {}): Script {
  return (socket) => answer(socket, status, body, { 'Content-Length': '4000', ...headers })
}

/** The bytes of a result's file. */
export function bytesOf({ files }: Result, at = 0): Buffer {
  return Buffer.from(files?.[at]?.bytes ?? '', 'base64')
}
