/** What the operator changes while a body is still coming in holds for that request already. */
import { describe, expect, it } from 'vitest'
import { api, postImage, type ApiAnswer } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { pathOf } from './support/generation-kind.ts'
import { sendHalf } from './support/half-sent.ts'
import type { Limits, Tenant } from './support/operator.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const image = { model: 'sandbox-image', prompt: 'a red fox' }
const video = { model: 'sandbox-video', prompt: 'a red fox', duration: 1, resolution: '480p' }

/** Refused as if it had never been sent: no id, no generation, no money, no slot. */
async function expectNothingOf(owner: Tenant, answer: ApiAnswer, balance = 1): Promise<void> {
  expect(answer.headers.get('x-generation-id')).toBeNull()
  expect(await gateway.accountOf(owner.name)).toEqual({ balance, held: 0 })
  expect(await gateway.inFlight(owner.name)).toBe(0)
}

describe('a request whose body is still coming in', () => {
  it('is accepted if nothing happens meanwhile: the control', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const half = await sendHalf(owner, pathOf('image'), image)
    const answer = await half.finish()
    expect([answer.status, answer.body.status]).toEqual([200, 'completed'])
  })

  it.each([
    ['image', image],
    ['video', video],
  ] as const)('is refused if its key is revoked (%s)', async (kind, body) => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const half = await sendHalf(owner, pathOf(kind), body)
    await gateway.revoke(owner.keyId)
    const answer = await half.finish()
    expectError(answer, 'invalid_api_key', { message: /revoked/ })
    await expectNothingOf(owner, answer)
  })

  it('is refused if its key is revoked, though its Idempotency-Key has an answer', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const headers = { 'idempotency-key': 'made before' }
    expect((await postImage(owner, image, { headers })).status).toBe(200)
    const half = await sendHalf(owner, pathOf('image'), image, headers)
    await gateway.revoke(owner.keyId)
    const answer = await half.finish()
    expectError(answer, 'invalid_api_key', { message: /revoked/ })
    await expectNothingOf(owner, answer, 0.99)
  })

  const limits: [string, 'image' | 'video', object, Limits, RegExp][] = [
    [
      'images per minute',
      'image',
      image,
      { imagesPerMinute: 0 },
      /no image requests: its limit is 0/,
    ],
    [
      'videos per minute',
      'video',
      video,
      { videosPerMinute: 0 },
      /no video requests: its limit is 0/,
    ],
    [
      'generations in flight',
      'image',
      image,
      { concurrency: 0 },
      /no generation in flight: its limit is 0/,
    ],
  ]
  it.each(limits)('meets a limit on %s that is lowered', async (_what, kind, body, less, says) => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const half = await sendHalf(owner, pathOf(kind), body)
    await gateway.setLimits(owner.name, less)
    const answer = await half.finish()
    expectError(answer, 'rate_limit', { message: says })
    await expectNothingOf(owner, answer)
    expect((await api(owner, 'GET', '/v2/generations')).body.data).toEqual([])
  })

  it('profits from a limit that is raised', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 0 })
    const half = await sendHalf(owner, pathOf('image'), image)
    await gateway.setLimits(owner.name, { imagesPerMinute: 3 })
    const answer = await half.finish()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('2')
  })
})
