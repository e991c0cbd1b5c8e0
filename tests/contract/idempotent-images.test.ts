/** Reference images are a part of the request that an Idempotency-Key stands for. */
import { afterAll, describe, expect, it } from 'vitest'
import { green, magenta, solid, toDataUrl } from '../safety/api/support/colours.ts'
import { startPictureHost } from '../safety/support/picture-host.ts'
import type { ApiAnswer } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { start, type Kind } from './support/generation-kind.ts'
import { useGateway } from './support/use-gateway.ts'

const pictures = [await solid(green), await solid(magenta)] as const
const host = await startPictureHost({
  '/one': (_request, response) => response.end(pictures[0]),
  '/two': (_request, response) => response.end(pictures[1]),
})
afterAll(() => host.close())
const gateway = useGateway({
  config: { safety: { reference_images: { allow_hosts: [`127.0.0.1:${host.port}`] } } },
})

const inline = pictures.map((picture) => toDataUrl(picture))
const hosted = ['/one', '/two'].map((path) => `http://127.0.0.1:${host.port}${path}`)
let keys = 0

/** Sends two requests under one key; the answers to both. */
async function sendBoth(
  kind: Kind,
  first: object[] | undefined,
  second: object[] | undefined,
): Promise<[ApiAnswer, ApiAnswer]> {
  const headers = { 'idempotency-key': `images-${(keys += 1)}` }
  const send = (images: object[] | undefined) =>
    start(kind, gateway, images === undefined ? {} : { images }, headers)
  return [await send(first), await send(second)]
}

function expectOther([first, second]: [ApiAnswer, ApiAnswer]): void {
  expect(first.status).toBe(202)
  expectError(second, 'invalid_parameter', { param: 'Idempotency-Key' })
  expect(second.headers.get('x-generation-id')).toBeNull()
}

describe.each([
  ['inline', inline],
  ['by address', hosted],
])('images sent %s', (_how, [one = '', two = '']) => {
  const role = 'reference_image'

  it('are replayed while they are the same: the control', async () => {
    const images = [
      { url: one, role },
      { url: two, role },
    ]
    const [first, second] = await sendBoth('image', images, images)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(second.headers.get('x-generation-id')).toBe(first.headers.get('x-generation-id'))
  })

  it('make another request if one of them is another', async () => {
    expectOther(await sendBoth('image', [{ url: one, role }], [{ url: two, role }]))
  })

  it('make another request if there are more, fewer or none', async () => {
    const [both, single] = [
      [
        { url: one, role },
        { url: two, role },
      ],
      [{ url: one, role }],
    ]
    expectOther(await sendBoth('image', single, both))
    expectOther(await sendBoth('image', both, single))
    expectOther(await sendBoth('image', single, undefined))
    expectOther(await sendBoth('image', undefined, single))
  })

  it('make another request in another order', async () => {
    const images = [
      { url: one, role },
      { url: two, role },
    ]
    expectOther(await sendBoth('image', images, images.toReversed()))
  })

  it('make another request in other roles', async () => {
    const frames = (first: string, last: string) => [
      { url: one, role: first },
      { url: two, role: last },
    ]
    expectOther(
      await sendBoth(
        'video',
        frames('first_frame', 'last_frame'),
        frames('last_frame', 'first_frame'),
      ),
    )
  })
})

it('the address counts, not what is behind it', async () => {
  const [one = ''] = hosted
  expectOther(await sendBoth('image', [{ url: one }], [{ url: `${one}?again` }]))
})
