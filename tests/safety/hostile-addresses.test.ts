import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../../packages/server/src/contract/failure.ts'
import type { Lookup } from '../../packages/server/src/net/resolve-host.ts'
import {
  createReferenceImages,
  type ReferenceImages,
} from '../../packages/server/src/safety/reference-images/reference-images.ts'
import { anyone } from './support/asker.ts'
import { formUrls, literalUrls, namedUrls, names } from './support/hostile-addresses.ts'
import { measure, toLine } from './support/figures.ts'
import { gradient } from './support/made-pictures.ts'
import {
  startPictureHost,
  startTripwire,
  type PictureHost,
  type Route,
  type Tripwire,
} from './support/picture-host.ts'

let tripwire: Tripwire
let host: PictureHost
let images: ReferenceImages
let dataUrl: string

const lookup: Lookup = (hostname, { signal }) => {
  const answer = hostname === 'good.example' ? ['127.0.0.1'] : names[hostname]
  if (answer === 'stall') {
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    )
  }
  if (answer === undefined || answer === 'missing') return Promise.reject(new Error('ENOTFOUND'))
  return Promise.resolve(answer)
}

beforeAll(async () => {
  tripwire = await startTripwire()
  const picture = await gradient(64, 64).png().toBuffer()
  dataUrl = `data:image/png;base64,${picture.toString('base64')}`
  const forward =
    (to: () => string): Route =>
    (_request, response) => {
      response.writeHead(302, { location: to() }).end()
    }
  host = await startPictureHost({
    '/ok.png': (_request, response) => response.end(picture),
    '/to-loopback': forward(() => `http://127.0.0.1:${tripwire.port}/`),
    '/to-loopback6': forward(() => `http://[::1]:${tripwire.port}/`),
    '/to-private': forward(() => 'http://10.0.0.1/'),
    '/to-metadata': forward(() => 'http://169.254.169.254/latest/meta-data/'),
    '/to-name': forward(() => `http://loopback.example:${tripwire.port}/`),
    '/to-file': forward(() => 'file:///etc/passwd'),
    '/to-data': forward(() => 'data:image/png;base64,AAAA'),
    '/to-garbage': forward(() => 'http://['),
    '/to-9,000-characters': forward(() => `/ok.png?${'a'.repeat(9000)}`),
    '/to-credentials': forward(() => `http://a:b@good.example:${host.port}/ok.png`),
    '/to-chain': forward(() => '/to-chain-2'),
    '/to-chain-2': forward(() => '/to-loopback'),
    '/loop': forward(() => '/loop'),
    '/hop1': forward(() => '/hop2'),
    '/hop2': forward(() => '/hop3'),
    '/hop3': forward(() => '/hop4'),
    '/hop4': forward(() => '/ok.png'),
  })
  images = createReferenceImages(
    {
      allowHosts: [`good.example:${host.port}`],
      allowedPorts: [80, 443, tripwire.port],
      timeoutMs: 300,
    },
    { lookup },
  )
})

afterAll(async () => {
  await images.close()
  await host.close()
  await tripwire.close()
})

async function refusalOf(url: string): Promise<Failure> {
  const request = [
    { url: dataUrl, role: 'reference_image' as const },
    { url, role: 'reference_image' as const },
  ]
  const error: unknown = await images.load(request, anyone()).then(
    () => 'was accepted',
    (thrown: unknown) => thrown,
  )
  if (error instanceof Failure) return error
  throw new Error(`no refusal for ${url}: ${String(error)}`)
}

describe('addresses', () => {
  test('every hostile address is refused with its parameter, in time, and nothing reaches it', async () => {
    const chain = 'points to an address that this server does not fetch from'
    const at = (path: string, says: string) => ({
      name: `redirect: ${path}`,
      url: `http://good.example:${host.port}${path}`,
      says,
    })
    const table = [
      ...literalUrls(tripwire.port),
      ...namedUrls(tripwire.port),
      ...formUrls(tripwire.port),
      at('/to-loopback', chain),
      at('/to-loopback6', chain),
      at('/to-private', chain),
      at('/to-metadata', chain),
      at('/to-name', 'does not lead to a public internet address'),
      at('/to-file', 'does not have an http, https or data address'),
      at('/to-data', 'does not have an http, https or data address'),
      at('/to-garbage', 'redirects to something that is not a web address'),
      at('/to-9,000-characters', 'redirects to something that is not a web address'),
      at('/to-credentials', 'has a user name or password'),
      at('/to-chain', chain),
      at('/loop', 'redirects more than 3 times'),
      at('/hop1', 'redirects more than 3 times'),
    ]
    const lines: string[] = []
    for (const { name, url, says } of table) {
      const { value: failure, figures } = await measure(() => refusalOf(url))
      lines.push(toLine(name, figures, failure.message))
      expect(failure, name).toMatchObject({
        code: 'invalid_parameter',
        reason: 'image_unusable',
        param: 'images[1].url',
      })
      expect(failure.message, name).toContain(says)
      expect(failure.message, name).not.toMatch(/\d+\.\d+\.\d+\.\d+|ENOTFOUND|ECONN/)
      expect(figures.ms, name).toBeLessThan(2000)
    }
    console.log(`${lines.join('\n')}\n${table.length} hostile addresses refused`)
    expect(table.length).toBeGreaterThanOrEqual(60)
    expect(tripwire.connections()).toBe(0)
  })

  test('the tripwire does count whoever reaches it, over both families', async () => {
    const wire = await startTripwire()
    for (const address of ['127.0.0.1', '::1']) {
      const socket = connect(wire.port, address)
      socket.resume()
      await once(socket, 'close')
    }
    expect(wire.connections()).toBe(2)
    await wire.close()
  })

  test('a name that does not exist and one that is private are told in the same words', async () => {
    const missing = await refusalOf(`http://missing.example:${tripwire.port}/`)
    const hidden = await refusalOf(`http://private.example:${tripwire.port}/`)
    expect(hidden.message).toBe(missing.message)
    expect(hidden.note).toContain('10.1.2.3')
  })

  test('a closed port, an error status and a stall are told in the same words', async () => {
    const closed = await startPictureHost({})
    await closed.close()
    const stalled = await startPictureHost({ '/stall': () => undefined })
    const own = createReferenceImages(
      { allowHosts: [`127.0.0.1:${closed.port}`, `127.0.0.1:${stalled.port}`], timeoutMs: 200 },
      { lookup },
    )
    const messages = new Set<string>()
    for (const url of [
      `http://127.0.0.1:${closed.port}/`,
      `http://127.0.0.1:${stalled.port}/missing`,
      `http://127.0.0.1:${stalled.port}/stall`,
    ]) {
      const failed = own.load([{ url, role: 'first_frame' }], anyone())
      const outcome = failed.then(
        () => 'accepted',
        (error: Error) => error.message,
      )
      messages.add(await outcome)
    }
    expect([...messages]).toEqual([
      'The image at images[0].url could not be fetched; check that its address works without a log-in.',
    ])
    await own.close()
    await stalled.close()
  })
})
