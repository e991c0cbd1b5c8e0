import { afterEach, describe, expect, it } from 'vitest'
import { api, postImage, type ApiAnswer } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { cancel, start, type Kind } from './support/generation-kind.ts'
import type { Limits, Tenant } from './support/operator.ts'
import { assertCleanAudit, useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const stalling = { prompt: 'a fox [[stall]]' }

afterEach(() => assertCleanAudit(gateway))

const atOnce = <Value>(count: number, call: (index: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => call(index)))

/** Sorts answers by status; all that were refused have to be complete refusals of this code. */
function accepted(answers: ApiAnswer[], code: 'rate_limit' | 'quota_exceeded'): ApiAnswer[] {
  for (const answer of answers) if (answer.status !== 202) expectError(answer, code)
  return answers.filter(({ status }) => status === 202)
}

const list = async (owner: Tenant): Promise<{ id: string; type: Kind }[]> =>
  (await api(owner, 'GET', '/v2/generations?limit=100')).body.data

async function cancelAll(owner: Tenant): Promise<void> {
  await Promise.all((await list(owner)).map(({ id, type }) => cancel(type, owner, id)))
  expect(await gateway.inFlight(owner.name)).toBe(0)
}

describe('one Idempotency-Key', () => {
  it('on 50 POSTs at once makes one generation, one charge and 50 equal answers', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const headers = { 'idempotency-key': 'one' }
    const answers = await atOnce(50, () =>
      postImage(owner, { prompt: 'a fox [[delay ms=300]]' }, { headers }),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    const replays = answers.filter((answer) => answer.headers.get('idempotent-replayed') === 'true')
    expect(replays).toHaveLength(49)
    expect(await list(owner)).toHaveLength(1)
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 0.99, held: 0 })
  })

  it('on 50 POSTs at once with two bodies makes one of them and refuses the other', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const headers = { 'idempotency-key': 'two' }
    const answers = await atOnce(50, (index) => postImage(owner, { seed: index % 2 }, { headers }))
    const made = answers.filter(({ status }) => status === 200)
    expect(made).toHaveLength(25)
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
    for (const answer of answers) {
      if (answer.status !== 200) {
        expectError(answer, 'invalid_parameter', { param: 'Idempotency-Key' })
      }
    }
    expect(await list(owner)).toHaveLength(1)
  })

  it('on 50 videos at once makes one', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const answers = await atOnce(50, () =>
      start('video', owner, {}, { 'idempotency-key': 'three' }),
    )
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(await list(owner)).toHaveLength(1)
    await cancelAll(owner)
  })
})

describe('at once', () => {
  /** Each takes from another limit, and everything else is plenty. */
  const cases: [
    string,
    number,
    number,
    Limits & { balanceUsd: number },
    'rate_limit' | 'quota_exceeded',
  ][] = [
    ['60 images per minute', 500, 60, { balanceUsd: 100, imagesPerMinute: 60 }, 'rate_limit'],
    ['a balance for 7', 100, 7, { balanceUsd: 0.079 }, 'quota_exceeded'],
    ['10 in flight', 200, 10, { balanceUsd: 100, concurrency: 10 }, 'rate_limit'],
    ['a limit of 0 in flight', 20, 0, { balanceUsd: 100, concurrency: 0 }, 'rate_limit'],
  ]
  it.each(cases)(
    '%s: of %i requests exactly %i are accepted',
    async (_name, sent, most, limits, code) => {
      const owner = await gateway.addTenant(limits)
      const made = accepted(await atOnce(sent, () => start('image', owner, stalling)), code)
      expect(made).toHaveLength(most)
      expect(new Set(made.map(({ body }) => body.id)).size).toBe(most)
      expect((await list(owner)).map(({ id }) => id).toSorted()).toEqual(
        made.map(({ body }): string => body.id).toSorted(),
      )
      const { balance, held } = await gateway.accountOf(owner.name)
      expect(held).toBeCloseTo(most * 0.01, 6)
      await cancelAll(owner)
      expect(await gateway.accountOf(owner.name)).toEqual({ balance, held: 0 })
    },
  )

  it('images and videos share what may be in flight, and a slot that comes free is taken once', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 100, concurrency: 10 })
    const kinds: Kind[] = ['image', 'video']
    const send = () => atOnce(60, (index) => start(kinds[index % 2] ?? 'image', owner, stalling))
    const [first, ...others] = accepted(await send(), 'rate_limit')
    expect(others).toHaveLength(9)
    const { id } = first?.body ?? {}
    const type = (await list(owner)).find((item) => item.id === id)?.type ?? 'image'
    await cancel(type, owner, id)
    expect(accepted(await send(), 'rate_limit')).toHaveLength(1)
    await cancelAll(owner)
  })

  it('requests of a minute that were refused for money or a slot take nothing from the minute', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 0.01, imagesPerMinute: 5 })
    accepted(await atOnce(20, () => start('image', owner, { resolution: '4K' })), 'quota_exceeded')
    const made = await postImage(owner)
    expect(made.status).toBe(200)
    expect(made.headers.get('x-ratelimit-remaining')).toBe('4')
  })
})

describe('a request that finds both the minute and the slots used up', () => {
  it('is told of the minute, since no slot that comes free would help it', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 1, concurrency: 1 })
    expect((await start('image', owner, stalling)).status).toBe(202)
    const refused = await start('image', owner, stalling)
    expectError(refused, 'rate_limit', { message: /1 image requests per minute/ })
    // A slot is worth a try after 2 s; the minute has most of its 60 s before it.
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(2)
    await cancelAll(owner)
  })

  it('took nothing from the minute as long as it was refused for the slots alone', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 2, concurrency: 1 })
    const first = await start('image', owner, stalling)
    for (const _ of [1, 2, 3]) {
      const refused = await start('image', owner, stalling)
      expectError(refused, 'rate_limit', { message: /1 generations in flight/ })
      // What is in flight may end at any moment, so it is worth asking again soon.
      expect(refused.headers.get('retry-after')).toBe('2')
      expect(refused.headers.get('x-ratelimit-remaining')).toBe('1')
    }
    await cancel('image', owner, first.body.id)
    const second = await start('image', owner, stalling)
    expect([second.status, second.headers.get('x-ratelimit-remaining')]).toEqual([202, '0'])
    await cancelAll(owner)
    expectError(await start('image', owner, stalling), 'rate_limit', { message: /per minute/ })
  })
})

describe('what a refusal says of the limits', () => {
  it('is how they stand after it: a request refused for money was not counted', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 0, imagesPerMinute: 5 })
    for (let round = 0; round < 2; round += 1) {
      const answer = await postImage(owner)
      expectError(answer, 'quota_exceeded')
      expect(answer.headers.get('x-ratelimit-remaining')).toBe('5')
    }
    const made = await postImage(owner, {}, { key: owner.testKey })
    expect(made.headers.get('x-ratelimit-remaining')).toBe('4')
  })

  it.each([
    ['image requests', { imagesPerMinute: 0 }, /no image requests: its limit is 0/],
    ['generations in flight', { concurrency: 0 }, /no generation in flight: its limit is 0/],
  ])('of 0 %s promises no success after any wait', async (_what, limits, message) => {
    const owner = await gateway.addTenant({ balanceUsd: 1, ...limits })
    const answers = [await postImage(owner), await postImage(owner, { dry_run: true })]
    for (const answer of answers) {
      expectError(answer, 'rate_limit', { message })
      expect(answer.body.error.message).not.toMatch(/try again/i)
      expect(answer.headers.get('x-should-retry')).toBe('false')
    }
  })

  it('never asks for more than the 60 s of the window, in the message too', async () => {
    // Each begins a window of its own, at another part of a second.
    for (let round = 0; round < 5; round += 1) {
      const other = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 1 })
      const answers = await Promise.all([postImage(other), postImage(other)])
      const refused = answers.find(({ status }) => status === 429)
      const seconds = /Try again in (\d+) s/.exec(refused?.text ?? '')?.[1]
      expect(Number(seconds)).toBeLessThanOrEqual(60)
    }
  })
})
