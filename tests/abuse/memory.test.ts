/** Requests that want to be kept in memory: large bodies without their ends, and idle connections. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { expectError } from '../contract/support/expect-error.ts'
import type { Tenant } from '../contract/support/operator.ts'
import { useGateway } from '../contract/support/use-gateway.ts'
import { api, postImage } from '../support/api.ts'
import { inspectable, inspectGateway } from '../support/inspect-gateway.ts'
import { describeSeen, expectUnnoticed, seeNormalDay, startNeighbour } from './support/neighbour.ts'

const mebibyte = 1024 ** 2
const gateway = useGateway({ env: inspectable })

const start = '{"model":"sandbox-image","prompt":"'
const piece = Buffer.alloc(mebibyte, 'a')
const bodyBytes = 27 * mebibyte

/** How a body without an end is sent. */
interface Manner {
  name: string
  header: string
  pieces: Buffer[]
}

const inChunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
const manners: Manner[] = [
  {
    name: 'of a known length',
    header: `Content-Length: ${bodyBytes}`,
    pieces: Array(26).fill(piece),
  },
  {
    name: 'in chunks',
    header: 'Transfer-Encoding: chunked',
    pieces: Array(26).fill(inChunk(piece)),
  },
  {
    name: 'in chunks of one byte',
    header: 'Transfer-Encoding: chunked',
    pieces: [Buffer.from('1\r\na\r\n'.repeat(20_000))],
  },
]

/** A connection whose body never ends. */
interface Withheld {
  socket: Socket
  /** Status that it was answered with so far. */
  status(): number | undefined
}

async function withhold(key: string, { header, pieces }: Manner): Promise<Withheld> {
  const { hostname, port } = new URL(gateway.baseURL)
  const socket = connect({ host: hostname, port: Number(port) })
  let answer = ''
  socket.setMaxListeners(0)
  socket.on('error', () => undefined)
  socket.on('data', (data) => (answer += data.toString('latin1')))
  const closed = once(socket, 'close')
  const chunk = inChunk(Buffer.from(start))
  const isChunked = header.startsWith('Transfer')
  socket.write(
    `POST /v2/images/generations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${header}\r\n\r\n`,
  )
  socket.write(isChunked ? chunk : start)
  for (const bytes of pieces) {
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), closed])
  }
  const status = () => {
    const code = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]
    return code === undefined ? undefined : Number(code)
  }
  return { socket, status }
}

/** Answers once the gateway has read what was sent, since it reads one connection after another. */
async function settle(tenant: Tenant): Promise<void> {
  for (let round = 0; round < 20; round += 1) await api(tenant, 'GET', '/v2/models')
}

describe.each(manners)(
  'forty connections of one test key that withhold the ends of bodies $name',
  (manner) => {
    it('cost no more than the budget of one tenant, and a neighbour does not notice', async () => {
      const inspector = await inspectGateway(gateway)
      const attacker = await gateway.addTenant()
      const tenant = await gateway.addTenant({ balanceUsd: 10 })
      const normal = await seeNormalDay(tenant)
      await inspector.liveHeapBytes()
      const before = inspector.residentBytes()
      inspector.resetPeak()
      const neighbour = startNeighbour(tenant)
      const withheld = await Promise.all(
        Array.from({ length: 40 }, () => withhold(attacker.testKey, manner)),
      )
      await settle(tenant)
      const grown = (inspector.peakResidentBytes() - before) / mebibyte
      const large = await sendLarge(tenant)
      const seen = await neighbour.stop()
      console.log(
        `forty bodies ${manner.name}, withheld: ${Math.round(grown)} MiB more; on a normal day ${describeSeen(normal)}; beside it ${describeSeen(seen)}`,
      )
      const refused = withheld.filter(({ status }) => status() === 429)
      const waiting = withheld.filter(({ status }) => status() === undefined)
      expect(refused.length + waiting.length).toBe(40)
      // Those of one byte are five times as large on the way as in memory: all of them are small.
      if (manner.pieces.length > 5) expect(refused.length).toBeGreaterThanOrEqual(36)
      expectUnnoticed(seen)
      expect(large.status, large.text).toBe(400)
      expectError(large, 'invalid_parameter', { param: 'prompt' })
      // The budget of 64 MiB, what waits to be collected, and the neighbour's pictures.
      expect(grown).toBeLessThan(450)

      const ended = withheld.map(async ({ socket }) => {
        const closed = once(socket, 'close')
        socket.destroy()
        await closed
      })
      await Promise.all(ended)
      await settle(tenant)
      // All of the budget is back: nothing of what was cut off is counted any more.
      for (let round = 0; round < 3; round += 1) {
        expectError(await sendLarge(attacker, attacker.testKey), 'invalid_parameter', {
          param: 'prompt',
        })
      }
      inspector.close()
    })
  },
)

/** A whole body of 27 MiB, refused only once it was read. */
function sendLarge(tenant: Tenant, key = tenant.key) {
  return postImage(tenant, { prompt: 'a'.repeat(bodyBytes - 100) }, { key })
}

describe('bodies beyond the budget', () => {
  it('are refused with the time to wait, and small requests of the same key are not', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const [manner] = manners as [Manner]
    const withheld = await Promise.all(Array.from({ length: 3 }, () => withhold(owner.key, manner)))
    await settle(owner)
    const refused = await sendLarge(owner)
    expectError(refused, 'rate_limit', { message: /54 of the 64 MiB.*Wait until one of them/ })
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(refused.headers.get('x-should-retry')).toBe('true')
    expect((await postImage(owner)).status).toBe(200)
    // The keys of a mode share a part; a test suite does not hold up production.
    expectError(await sendLarge(owner, owner.testKey), 'invalid_parameter', { param: 'prompt' })
    for (const { socket } of withheld) socket.destroy()
  })

  it('are refused to all once the whole is in use, and small requests to nobody', async () => {
    const tenants = await Promise.all(
      Array.from({ length: 6 }, () => gateway.addTenant({ balanceUsd: 1 })),
    )
    const withheld = await Promise.all(
      tenants
        .slice(0, 5)
        .flatMap(({ key }) =>
          manners.slice(0, 1).flatMap((manner) => [withhold(key, manner), withhold(key, manner)]),
        ),
    )
    const last = tenants.at(-1) as Tenant
    await settle(last)
    expectError(await sendLarge(last), 'rate_limit', { message: /This server is receiving/ })
    expect((await postImage(last)).status).toBe(200)
    for (const { socket } of withheld) socket.destroy()
  })
})

describe('connections beyond the cap', () => {
  const capped = useGateway({ config: { limits: { connections: 10 } } })

  it('are closed without a word, told to the operator once a minute, and let in again when there is room', async () => {
    const { hostname, port } = new URL(capped.baseURL)
    const open = async () => {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      return socket
    }
    const held: Socket[] = []
    for (let count = 0; count < 10; count += 1) held.push(await open())
    for (let count = 0; count < 20; count += 1) {
      const socket = await open()
      let answer = ''
      socket.on('data', (data) => (answer += data.toString()))
      await once(socket, 'close')
      expect(answer).toBe('')
    }
    const lines = () => capped.log.filter((line) => line.includes('connections were turned away'))
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).toContain('"level":40')
    const [first] = held
    first?.end()
    await once(first as Socket, 'close')
    expect((await fetch(`${capped.baseURL}/healthz`)).status).toBe(200)
    for (const socket of held) socket.destroy()
  })
})
