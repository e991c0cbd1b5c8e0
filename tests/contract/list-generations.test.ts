import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api, postImage, untilEnded } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { cancel, pathOf, start, type Kind } from './support/generation-kind.ts'
import type { Tenant } from './support/operator.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
let owner: Tenant
/** Oldest first. */
const made: { id: string; kind: Kind; status: string }[] = []

const list = (query = '', key?: string) =>
  api(owner, 'GET', `/v2/generations${query}`, key === undefined ? {} : { key })
const idsOf = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id)
const expectedIds = (isWanted: (item: (typeof made)[number]) => boolean = () => true) =>
  made
    .filter(isWanted)
    .map(({ id }) => id)
    .toReversed()

beforeAll(async () => {
  owner = await gateway.addTenant({ balanceUsd: 10 })
  const plan: [Kind, string, string][] = [
    ['image', 'a fox', 'completed'],
    ['video', 'a fox', 'completed'],
    ['image', 'a fox [[server_error]]', 'failed'],
    ['video', 'a fox [[content_policy_violation]]', 'failed'],
    ['image', 'an owl', 'completed'],
    ['video', 'a fox [[stall]]', 'pending'],
    ['image', 'a fox [[stall]]', 'pending'],
  ]
  for (const [kind, prompt, status] of plan) {
    const { id } = (await start(kind, owner, { prompt })).body
    if (status !== 'pending') await untilEnded(owner, id, kind, owner.key)
    made.push({ id, kind, status })
  }
})
afterAll(async () => {
  for (const { id, kind, status } of made) {
    if (status === 'pending') await cancel(kind, owner, id)
  }
})

describe('the list', () => {
  it.each(['images', 'videos'])('is named where people look for it, at GET of %s', async (type) => {
    const answer = await api(owner, 'GET', `/v2/${type}/generations`)
    expectError(answer, 'not_found', { message: /exists for POST.* listed at \/v2\/generations\./ })
  })

  it('has every generation, newest first, each as its GET shows it', async () => {
    const answer = await list()
    expect(answer.status).toBe(200)
    expect(idsOf(answer)).toEqual(expectedIds())
    expect(answer.body.has_more).toBe(false)
    for (const { type, created_at: createdAt, ...item } of answer.body.data) {
      expect(item.model).toBe(`sandbox-${type}`)
      expect(new Date(createdAt).toISOString()).toBe(createdAt)
      const read = await api(owner, 'GET', pathOf(type, item.id))
      // A pending one goes on between the two answers.
      if (item.status !== 'pending') expect({ model: item.model, ...read.body }).toEqual(item)
    }
  })

  it('comes in pages that neither repeat nor skip', async () => {
    const seen: string[] = []
    let after = ''
    for (;;) {
      const page = await list(`?limit=2${after}`)
      expect(page.body.data.length).toBeLessThanOrEqual(2)
      seen.push(...idsOf(page))
      if (!page.body.has_more) break
      after = `&after=${seen.at(-1)}`
    }
    expect(seen).toEqual(expectedIds())
  })

  it('says that there is no more on a page that is exactly full', async () => {
    const page = await list(`?limit=${made.length}`)
    expect(page.body.data).toHaveLength(made.length)
    expect(page.body.has_more).toBe(false)
    expect((await list(`?after=${made[0]?.id}`)).body).toEqual({ data: [], has_more: false })
  })

  it.each(['pending', 'completed', 'failed'])('can be narrowed to status %s', async (status) => {
    expect(idsOf(await list(`?status=${status}`))).toEqual(
      expectedIds((item) => item.status === status),
    )
  })

  it.each(['image', 'video'])('can be narrowed to type %s, page by page', async (type) => {
    const wanted = expectedIds(({ kind }) => kind === type)
    const first = await list(`?type=${type}&limit=1`)
    const rest = await list(`?type=${type}&after=${idsOf(first)[0]}`)
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(wanted)
  })

  it('takes both filters together', async () => {
    expect(idsOf(await list('?type=image&status=failed'))).toEqual(
      expectedIds(({ kind, status }) => kind === 'image' && status === 'failed'),
    )
  })

  it('shows a key its own workspace and mode only', async () => {
    const tested = await postImage(owner, {}, { key: owner.testKey })
    expect(idsOf(await list('', owner.testKey))).toEqual([tested.body.id])
    expect(idsOf(await list())).toEqual(expectedIds())
    const stranger = await gateway.addTenant()
    expect((await api(stranger, 'GET', '/v2/generations')).body.data).toEqual([])
  })
})

describe('refused', () => {
  it("not_found when `after` is unknown, a stranger's or of another mode", async () => {
    const stranger = await gateway.addTenant({ balanceUsd: 1 })
    const { id } = (await postImage(stranger)).body
    for (const after of [`gen_${'0'.repeat(32)}`, 'nonsense', '', id]) {
      expectError(await list(`?after=${after}`), 'not_found', { param: 'after' })
    }
    const otherMode = await list(`?after=${made[0]?.id}`, owner.testKey)
    expectError(otherMode, 'not_found', { param: 'after' })
  })

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=101', 'limit'],
    ['?limit=-1', 'limit'],
    ['?limit=ten', 'limit'],
    ['?limit=1.5', 'limit'],
    ['?limit=1e1', 'limit'],
    ['?limit=', 'limit'],
    ['?limit=99999999999999999999', 'limit'],
    ['?limit=1&limit=2', 'limit'],
    ['?status=done', 'status'],
    ['?status=', 'status'],
    ['?status=failed&status=completed', 'status'],
    ['?type=sound', 'type'],
    ['?page=2', 'page'],
    ['?__proto__=1', '__proto__'],
    ['?constructor=1', 'constructor'],
  ])('invalid_parameter for %s, and param is %s', async (query, param) => {
    expectError(await list(query), 'invalid_parameter', { param })
  })
})
