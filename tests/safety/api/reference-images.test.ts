/** Reference images on their way from a stranger's address into the picture or film. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { download } from '../../contract/support/files.ts'
import { start } from '../../contract/support/generation-kind.ts'
import { assertCleanAudit, useGateway } from '../../contract/support/use-gateway.ts'
import { postImage, postVideo, untilEnded } from '../../support/api.ts'
import { startPictureHost, startTripwire, type Route } from '../support/picture-host.ts'
import { green, magenta, shareOf, solid, toDataUrl } from './support/colours.ts'
import { listReferences, readRows, type ReferenceRow } from './support/database-rows.ts'
import { addTenant, expectRefused } from './support/expect-refused.ts'
import { canPlay, firstAndLastFrame } from './support/film-frames.ts'

if (!canPlay)
  console.warn('SKIPPED: no film was looked at for its first and last frame: no Chromium found.')

const pictures = { '/magenta': await solid(magenta), '/green': await solid(green) }
const serve =
  (picture: Buffer): Route =>
  (_request, response) =>
    response.writeHead(200).end(picture)

/** A door that the test opens: until then, whoever asks waits. */
const slow = { wait: [] as (() => void)[], asked: () => {} }
const tripwire = await startTripwire()
const host = await startPictureHost({
  '/magenta': serve(pictures['/magenta']),
  '/green': serve(pictures['/green']),
  '/slow': (_request, response) => {
    slow.wait.push(() => response.writeHead(200).end(pictures['/green']))
    slow.asked()
  },
  '/slow-then-gone': (_request, response) => {
    slow.wait.push(() => response.writeHead(404).end())
    slow.asked()
  },
  '/to-the-tripwire': (_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${tripwire.port}/` }).end(),
})
afterAll(() => Promise.all([host.close(), tripwire.close()]))

const gateway = useGateway({
  config: {
    safety: {
      reference_images: { allow_hosts: [`127.0.0.1:${host.port}`], timeout_ms: 60_000 },
    },
  },
})

const urlOf = (path: string) => `http://127.0.0.1:${host.port}${path}`
const countRequests = (path: string) => host.requests.filter((asked) => asked === path).length

describe('what arrives', () => {
  it('two reference images hang in the picture, and nothing of their colours without them', async () => {
    const order = { prompt: 'a lighthouse at noon', output_format: 'png', seed: 7 }
    const images = [{ url: urlOf('/magenta') }, { url: urlOf('/green') }]
    const [shown, plain] = await Promise.all([
      postImage(gateway, { ...order, images }),
      postImage(gateway, order),
    ])
    const picture = await download(shown.body.data[0].url)
    keepToLookAt('two-references.png', picture)
    const without = await download(plain.body.data[0].url)
    for (const colour of [magenta, green]) {
      expect(await shareOf(colour, picture)).toBeGreaterThan(0.01)
      expect(await shareOf(colour, without)).toBe(0)
    }
  })

  it.skipIf(!canPlay)(
    'a film opens with its first frame and closes with its last, whatever their order in the request',
    async () => {
      const first = { url: urlOf('/magenta'), role: 'first_frame' }
      const last = { url: urlOf('/green'), role: 'last_frame' }
      const orders = [{ images: [last, first] }, { images: [last] }]
      const [both, closing] = await Promise.all(
        orders.map(async (order) => {
          const { body } = await postVideo(gateway, { ...order, aspect_ratio: '1:1' })
          const ended = await untilEnded(gateway, body.id)
          return firstAndLastFrame(await download(ended.body.data[0].url))
        }),
      )
      if (both === undefined || closing === undefined) throw new Error('there are two films')
      expect(await shareOf(magenta, both[0])).toBeGreaterThan(0.9)
      expect(await shareOf(green, both[1])).toBeGreaterThan(0.9)
      expect(await shareOf(magenta, closing[0])).toBe(0)
      expect(await shareOf(green, closing[0])).toBeLessThan(0.1)
      expect(await shareOf(green, closing[1])).toBeGreaterThan(0.9)
      keepToLookAt('film-first-frame.png', both[0])
      keepToLookAt('film-last-frame.png', both[1])
      keepToLookAt('film-without-first-frame.png', closing[0])
    },
  )
})

describe('an image is fetched once', () => {
  it.each(['image', 'video'] as const)(
    'for a %s, through refusals of the upstream and replays of the request',
    async (kind) => {
      const path = kind === 'image' ? '/magenta' : '/green'
      const before = countRequests(path)
      const order = {
        prompt: `a fox by ${kind} [[upstream 503 times=2]]`,
        images: [
          { url: urlOf(path), role: 'reference_image' },
          // The same address twice is one fetch, and two files.
          { url: urlOf(path), role: 'reference_image' },
        ],
      }
      const headers = { 'idempotency-key': `once-${kind}` }
      const answers = await Promise.all(
        Array.from({ length: 3 }, () => start(kind, gateway, order, headers)),
      )
      const ids = new Set(answers.map(({ body }) => String(body.id)))
      expect(ids.size).toBe(1)
      const [id = ''] = ids
      expect((await untilEnded(gateway, id, kind)).body.status).toBe('completed')
      await start(kind, gateway, order, headers)
      expect(await gateway.attemptsOf(id)).toBe(3)
      expect(countRequests(path)).toBe(before + 1)
      expectKept(id, 2)
    },
  )

  it('and kept: a gateway that is killed goes on with the same files', async () => {
    const before = countRequests('/green')
    const order = { images: [{ url: urlOf('/green') }], prompt: 'a fox [[delay ms=1500]]' }
    const { body } = await start('image', gateway, order)
    const kept = expectKept(body.id, 1)
    await gateway.kill()
    expect(expectKept(body.id, 1)).toEqual(kept)
    await assertCleanAudit(gateway)
    await gateway.restart()
    const ended = await untilEnded(gateway, body.id, 'image')
    expect(await shareOf(green, await download(ended.body.data[0].url))).toBeGreaterThan(0.01)
    expect(expectKept(body.id, 1)).toEqual(kept)
    expect(countRequests('/green')).toBe(before + 1)
  })
})

describe('a gateway that is killed while it fetches', () => {
  it('fetches again, and the generation is made', async () => {
    const id = await killDuringFetch('/slow')
    expect(listReferences(gateway.dataDir, id)).toEqual([])
    const askedAgain = nextAsked()
    await gateway.restart()
    await askedAgain
    openDoor()
    expect((await untilEnded(gateway, id, 'image')).body.status).toBe('completed')
    expectKept(id, 1)
  })

  it('leaves no file behind if the picture is then gone', async () => {
    const id = await killDuringFetch('/slow-then-gone')
    // As if the kill had come after the file and before its row.
    const leftOver = fileOf(`${id}-input0.png`)
    mkdirSync(join(leftOver, '..'), { recursive: true })
    writeFileSync(leftOver, pictures['/green'])
    const askedAgain = nextAsked()
    await gateway.restart()
    await askedAgain
    openDoor()
    const { body } = await untilEnded(gateway, id, 'image')
    expect(body.error).toMatchObject({ code: 'invalid_parameter', param: 'images[0].url' })
    expect(existsSync(leftOver)).toBe(false)
    await assertCleanAudit(gateway)
  })
})

describe('an address that nobody may make the gateway ask', () => {
  it('is refused in any form, without a connection to it', async () => {
    const { port } = tripwire
    const urls = [
      `http://127.0.0.1:${port}/`,
      `http://localhost:${port}/`,
      `http://[::1]:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `http://0x7f.1:${port}/`,
      `http://0.0.0.0:${port}/`,
      urlOf('/to-the-tripwire'),
      'http://169.254.169.254/latest/meta-data/',
      'http://10.0.0.1/a.png',
      'file:///etc/hostname',
      // The listed host with another port is as any other.
      `http://127.0.0.1:${host.port + 1}/`,
    ]
    const good = { url: toDataUrl(pictures['/green']) }
    for (const url of urls) {
      const tenant = await addTenant(gateway)
      const answer = await postImage(tenant, { images: [good, { url }] })
      await expectRefused(gateway, tenant, answer, 'invalid_parameter', {
        param: 'images[1].url',
      })
    }
    expect(tripwire.connections()).toBe(0)
    await expect(fetch(`http://127.0.0.1:${port}/`)).resolves.toMatchObject({ status: 200 })
    expect(tripwire.connections()).toBe(1)
  })

  it('is refused on a port that is allowed, too', async ({ skip }) => {
    let connections = 0
    const listener = createServer((socket) => {
      connections++
      socket.destroy()
    })
    const port = await listenOnFirstFree(listener, [8080, 8443])
    if (port === undefined) return skip('every allowed port of this machine is taken')
    const tenant = await addTenant(gateway)
    for (const name of ['127.0.0.1', 'localhost', '[::ffff:7f00:1]']) {
      const answer = await postImage(tenant, { images: [{ url: `http://${name}:${port}/` }] })
      await expectRefused(gateway, tenant, answer, 'invalid_parameter', { param: 'images[0].url' })
    }
    expect(connections).toBe(0)
    listener.close()
  })

  it('the address of an own host is answered for it alone, and the picture behind it is used', async () => {
    const answer = await postImage(gateway, { images: [{ url: urlOf('/green') }] })
    expect(answer.status).toBe(200)
    const [row] = expectKept(answer.body.id, 1)
    expect(row).toMatchObject({ role: 'reference_image', width: 64, height: 64 })
  })
})

function fileOf(storageKey: string): string {
  const id = storageKey.split('-')[0] ?? ''
  return join(gateway.dataDir, 'media', 'kept', id.slice(-2), storageKey)
}

/** Asserts that the files are there as their rows say. */
function expectKept(id: string, count: number): ReferenceRow[] {
  const rows = listReferences(gateway.dataDir, id)
  expect(rows).toHaveLength(count)
  for (const { storage_key: key, sha256, bytes } of rows) {
    const file = readFileSync(fileOf(key))
    expect(file.byteLength).toBe(bytes)
    expect(createHash('sha256').update(file).digest('hex')).toBe(sha256)
  }
  return rows
}

/** Kills the gateway while it waits for a picture; the id of the generation that it was for. */
async function killDuringFetch(path: '/slow' | '/slow-then-gone'): Promise<string> {
  const asked = nextAsked()
  const cutOff = postImage(gateway, { images: [{ url: urlOf(path) }] }).then(
    () => 'answered',
    () => 'cut off',
  )
  await asked
  await gateway.kill()
  expect(await cutOff).toBe('cut off')
  slow.wait = []
  const [row] = readRows<{ id: string }>(
    gateway.dataDir,
    'SELECT id FROM generations ORDER BY id DESC LIMIT 1',
  )
  return row?.id ?? ''
}

function nextAsked(): Promise<void> {
  return new Promise((resolve) => {
    slow.asked = resolve
  })
}

function openDoor(): void {
  for (const answer of slow.wait.splice(0)) answer()
}

async function listenOnFirstFree(
  server: ReturnType<typeof createServer>,
  ports: number[],
): Promise<number | undefined> {
  for (const port of ports) {
    server.listen(port, '127.0.0.1')
    const isListening = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (isListening) return port
  }
  return undefined
}

/** Where KEEP_PICTURES names a folder, people can look at what was asserted. */
function keepToLookAt(name: string, picture: Buffer | undefined): void {
  const folder = process.env['KEEP_PICTURES']
  if (folder === undefined || picture === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), picture)
}
