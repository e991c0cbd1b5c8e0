import { EventEmitter, once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { Failure } from '../../packages/server/src/contract/failure.ts'
import type { AddressClass } from '../../packages/server/src/net/address-guard.ts'
import { createReferenceImages } from '../../packages/server/src/safety/reference-images/reference-images.ts'
import { anyone } from './support/asker.ts'
import { gradient } from './support/made-pictures.ts'
import { portOf, startPictureHost } from './support/picture-host.ts'

// On this machine 127.0.0.1 plays the public internet; everything else is what it is.
const classify = (address: string): AddressClass => (address === '127.0.0.1' ? 'public' : 'private')

async function listenOn(address: string, port: number) {
  let count = 0
  const server = createServer((socket) => {
    count++
    socket.destroy()
  })
  server.listen(port, address)
  await once(server, 'listening')
  return { connections: () => count, close: () => server.close() }
}

test('a name that changes its answer is connected to where it was checked, and looked up once', async () => {
  const picture = await gradient(32, 32).png().toBuffer()
  const host = await startPictureHost({ '/a.png': (_request, response) => response.end(picture) })
  const inside = await listenOn('127.0.0.2', host.port)
  const answers = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.2']]
  let lookups = 0
  const images = createReferenceImages(
    { allowedPorts: [host.port] },
    { classify, lookup: () => Promise.resolve(answers[lookups++] ?? []) },
  )
  const load = () =>
    images.load(
      [{ url: `http://rebind.example:${host.port}/a.png`, role: 'first_frame' }],
      anyone(),
    )

  expect((await load())[0]?.width).toBe(32)
  expect(lookups).toBe(1)
  await expect(load()).rejects.toMatchObject({ reason: 'image_unusable', param: 'images[0].url' })
  expect(lookups).toBe(2)
  expect(inside.connections()).toBe(0)
  inside.close()
  await images.close()
  await host.close()
})

test('a redirect to the same name is looked up and checked again', async () => {
  const host = await startPictureHost({
    '/a.png': (_request, response) => {
      response.writeHead(302, { location: '/b.png' }).end()
    },
  })
  const inside = await listenOn('127.0.0.2', host.port)
  let lookups = 0
  const images = createReferenceImages(
    { allowedPorts: [host.port] },
    { classify, lookup: () => Promise.resolve([lookups++ === 0 ? '127.0.0.1' : '127.0.0.2']) },
  )
  const url = `http://rebind.example:${host.port}/a.png`
  await expect(images.load([{ url, role: 'first_frame' }], anyone())).rejects.toThrow(
    'does not lead to',
  )
  expect(host.requests).toEqual(['/a.png'])
  expect(inside.connections()).toBe(0)
  inside.close()
  await images.close()
  await host.close()
})

test('an allowed host may lead to a private address but never to metadata or link-local', async () => {
  for (const address of [
    '169.254.169.254',
    '169.254.0.7',
    'fd00:ec2::254',
    '0.0.0.0',
    '224.0.0.1',
  ]) {
    const images = createReferenceImages(
      { allowHosts: ['media.internal'] },
      { lookup: () => Promise.resolve([address]) },
    )
    const failed = images.load(
      [{ url: 'http://media.internal/a.png', role: 'first_frame' }],
      anyone(),
    )
    await expect(failed).rejects.toThrow('does not lead to')
    await images.close()
  }
})

test('TLS is opened to the checked address under the name of the URL', async () => {
  const hellos: Buffer[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (hello) => {
      hellos.push(hello)
      socket.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  const images = createReferenceImages(
    { allowedPorts: [port] },
    { classify, lookup: () => Promise.resolve(['127.0.0.1']) },
  )
  const url = `https://pictures.example.:${port}/a.png`
  await expect(images.load([{ url, role: 'last_frame' }], anyone())).rejects.toThrow(
    'could not be fetched',
  )
  const hello = Buffer.concat(hellos).toString('latin1')
  expect(hello).toContain('pictures.example')
  expect(hello).not.toContain('pictures.example.')
  await images.close()
  server.close()
})

test('a redirect from https to http is not followed, the other way is', async () => {
  const { parseImageUrl, parseRedirect } =
    await import('../../packages/server/src/safety/reference-images/parse-image-url.ts')
  const { createAddressGuard } = await import('../../packages/server/src/net/address-guard.ts')
  const guard = createAddressGuard({ allowHosts: [], allowedPorts: [80, 443], denyAddresses: [] })
  const secure = parseImageUrl('https://a.example/x', guard)
  expect(() => parseRedirect('http://a.example/x', secure, guard)).toThrow('from https to http')
  const plain = parseImageUrl('http://a.example/x', guard)
  expect(parseRedirect('https://b.example/y', plain, guard).url.href).toBe('https://b.example/y')
})

test('the caller can give up, and gets its own reason back', async () => {
  const events = new EventEmitter()
  const host = await startPictureHost({ '/stall': () => events.emit('reached') })
  const reached = once(events, 'reached')
  const images = createReferenceImages({ allowHosts: [`127.0.0.1:${host.port}`] })
  const caller = new AbortController()
  const url = `http://127.0.0.1:${host.port}/stall`
  const loaded = images.load([{ url, role: 'first_frame' }], anyone(caller.signal))
  await reached
  caller.abort(new Error('client went away'))
  await expect(loaded).rejects.toThrow('client went away')
  await images.close()
  await host.close()
})

test('closing ends what is under way as a retryable failure, and refuses what comes after', async () => {
  const events = new EventEmitter()
  const host = await startPictureHost({ '/stall': () => events.emit('reached') })
  const reached = once(events, 'reached')
  const images = createReferenceImages({ allowHosts: [`127.0.0.1:${host.port}`] })
  const request = [{ url: `http://127.0.0.1:${host.port}/stall`, role: 'first_frame' as const }]
  const failed = expect(images.load(request, anyone())).rejects.toMatchObject({
    reason: 'shutting_down',
  })
  await reached
  await images.close()
  await failed
  await expect(images.load(request, anyone())).rejects.toMatchObject({ reason: 'shutting_down' })
  await host.close()
})

test('nine pictures are one too many, and the parameter is the list', async () => {
  const images = createReferenceImages()
  const request = Array.from({ length: 9 }, () => ({
    url: 'https://a.example/a.png',
    role: 'reference_image' as const,
  }))
  const error: Failure = await images.load(request, anyone()).then(
    () => Promise.reject(new Error('was accepted')),
    (thrown: Failure) => thrown,
  )
  expect(error).toMatchObject({ code: 'invalid_parameter', param: 'images' })
  await images.close()
})
