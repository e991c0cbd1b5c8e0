import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../packages/server/src/contract/errors.ts'
import { readRows } from '../faults/support/database-file.ts'
import { api, postImage, postVideo, untilEnded } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { cancel, pathOf, start } from './support/generation-kind.ts'
import { useGateway } from './support/use-gateway.ts'

/**
 * What each directive of the sandbox does to a client. The codes at the door and the idempotent
 * side are in create-image, create-video and idempotency.
 */
const gateway = useGateway()

describe('times=N', () => {
  it.each(['rate_limit', 'invalid_parameter', 'content_policy_violation', 'server_error'])(
    '[[%s times=2]] happens to the first two generations with this prompt, then no more',
    async (code) => {
      const owner = await gateway.addTenant({ balanceUsd: 1 })
      const statuses = []
      for (let count = 0; count < 4; count += 1) {
        statuses.push((await postImage(owner, { prompt: `a fox [[${code} times=2]]` })).status)
      }
      expect(statuses.slice(2)).toEqual([200, 200])
      expect(statuses[0]).toBeGreaterThanOrEqual(400)
      expect(statuses[1]).toBe(statuses[0])
      const other = await gateway.addTenant({ balanceUsd: 1 })
      const elsewhere = await postImage(other, { prompt: `a fox [[${code} times=2]]` })
      expect(elsewhere.status).toBe(statuses[0])
    },
  )
})

it.each(errorCodes)(
  '[[%s]] says in its message that it is rehearsed, and by what',
  async (code) => {
    const answer = await postImage(gateway, { prompt: `a fox [[${code}]]` })
    const param = ['parameter_missing', 'invalid_parameter', 'content_policy_violation']
    expectError(answer, code, {
      param: param.includes(code) ? 'prompt' : null,
      message: new RegExp(`\\(Rehearsed: the directive \\[\\[${code}\\]\\] in the prompt`),
    })
  },
)

it.each(['server_error', 'content_policy_violation'])(
  '[[%s]] says so after acceptance, too',
  async (code) => {
    const { id } = (await postVideo(gateway, { prompt: `a fox [[${code}]]` })).body
    const { body } = await untilEnded(gateway, id)
    expect(body.error.code).toBe(code)
    expect(body.error.message).toContain(`(Rehearsed: the directive [[${code}]] in the prompt`)
  },
)

it('[[rate_limit retry_after=S]] answers with that Retry-After', async () => {
  const answer = await postImage(gateway, { prompt: 'a fox [[rate_limit retry_after=17]]' })
  expectError(answer, 'rate_limit')
  expect(answer.headers.get('retry-after')).toBe('17')
  expect(answer.headers.get('retry-after-ms')).toBe('17000')
})

it('[[delay ms=N]] takes at least so much longer', async () => {
  const startedAt = performance.now()
  const answer = await postImage(gateway, { prompt: 'a fox [[delay ms=1200]]' })
  expect(answer.status).toBe(200)
  expect(performance.now() - startedAt).toBeGreaterThan(1200)
})

it('[[stall]] never finishes until it is cancelled', async () => {
  const { id } = (await start('video', gateway, { prompt: 'a fox [[stall]]' })).body
  const read = await api(gateway, 'GET', pathOf('video', id), { headers: { prefer: 'wait=2' } })
  expect(read.body.status).toBe('pending')
  expect((await cancel('video', gateway, id)).body.cancellation).toBe('cancelled')
})

it('[[expired]] completes with an output already past deletes_at', async () => {
  const answer = await postImage(gateway, { prompt: 'a fox [[expired]]' })
  expect(answer.status).toBe(200)
  expect(Date.parse(answer.body.data[0].deletes_at)).toBeLessThan(Date.now())
})

it('directives are neither drawn nor obeyed when they are misspelt', async () => {
  for (const prompt of [
    '[[rate_limt]]',
    '[[delay]] [[upstream]]',
    '[[stall ms=1]]',
    '[[upstream 504]]',
  ]) {
    expectError(await postImage(gateway, { prompt }), 'invalid_parameter', { param: 'prompt' })
  }
})

describe('[[upstream KIND]] once is absorbed: the client sees a result and pays once', () => {
  const kinds = [
    '503',
    '429',
    'reset',
    'timeout',
    'html',
    'garbage',
    'empty',
    'truncated',
    'poll_503',
    'lost',
  ]
  it.concurrent.each(kinds)('%s for an image', async (kind) => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const answer = await postImage(owner, { prompt: `a fox [[upstream ${kind}]]` })
    expect(answer.status, answer.text).toBe(200)
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 0.99, held: 0 })
    // Where the first submission left a job that can be found or polled, there is no second one.
    const isOneJob = ['reset', 'html', 'poll_503'].includes(kind)
    expect(await gateway.attemptsOf(answer.body.id)).toBe(isOneJob ? 1 : 2)
  })

  it.concurrent.each(kinds)('%s for a video', async (kind) => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const { body } = await postVideo(owner, { prompt: `a fox [[upstream ${kind}]]` })
    const ended = await untilEnded(owner, body.id, 'video', owner.key)
    expect(ended.body.status, ended.text).toBe('completed')
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 0.98, held: 0 })
  })
})

describe('[[upstream KIND times=100]] is too much', () => {
  it.concurrent.each(['503', 'timeout', 'garbage', 'empty', 'truncated', 'lost'])(
    '%s ends as server_error, unbilled and safe to retry',
    async (kind) => {
      const owner = await gateway.addTenant({ balanceUsd: 1 })
      const answer = await postImage(owner, { prompt: `a fox [[upstream ${kind} times=100]]` })
      expectError(answer, 'server_error')
      expect(answer.headers.get('x-billed')).toBe('false')
      expect(answer.headers.get('x-should-retry')).toBe('true')
      expect(answer.text).not.toMatch(/html|garbage|\b503\b|sandbox/i)
      expect(await gateway.accountOf(owner.name)).toEqual({ balance: 1, held: 0 })
    },
  )

  it('429 for an image is rate_limit, with the wait that is left', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const answer = await postImage(owner, { prompt: 'a fox [[upstream 429 times=100]]' })
    expectError(answer, 'rate_limit')
    expect(answer.headers.get('x-billed')).toBe('false')
    expect(answer.headers.get('x-should-retry')).toBe('true')
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 1, held: 0 })
  })

  it('429 for a video that was accepted is its end as server_error', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const { body } = await postVideo(owner, { prompt: 'a fox [[upstream 429 times=100]]' })
    const ended = await untilEnded(owner, body.id, 'video', owner.key)
    expect(ended.body.error).toMatchObject({ code: 'server_error' })
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 1, held: 0 })
  })
})

it.concurrent('what is counted of the faults of a generation goes with it', async () => {
  const owner = await gateway.addTenant({ balanceUsd: 1 })
  const countsOf = (id: unknown) =>
    readRows(gateway.dataDir, `SELECT * FROM sandbox_rehearsals WHERE owner_id = '${String(id)}'`)
  const film = await postVideo(owner, { prompt: 'a fox [[stall]] [[upstream 503]]' })
  await expect.poll(() => countsOf(film.body.id)).toHaveLength(1)
  await cancel('video', owner, film.body.id)
  expect(countsOf(film.body.id)).toEqual([])
  const failed = await postImage(owner, { prompt: 'a fox [[upstream 503 times=100]]' })
  expectError(failed, 'server_error')
  expect(countsOf(failed.headers.get('x-generation-id'))).toEqual([])
  const faults = '[[upstream 503]] [[upstream garbage]] [[upstream poll_503]]'
  const done = await postImage(owner, { prompt: `a fox ${faults}` })
  expect(done.status, done.text).toBe(200)
  expect(countsOf(done.body.id)).toEqual([])
})
