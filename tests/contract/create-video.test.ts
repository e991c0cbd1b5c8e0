import { describe, expect, it } from 'vitest'
import { api, postVideo, untilEnded } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { download } from './support/files.ts'
import { cancel } from './support/generation-kind.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const path = '/v2/videos/generations'
const generationId = /^gen_[0-9a-f]{32}$/
const wait = (seconds: number) => ({ headers: { prefer: `wait=${seconds}` } })

describe('an accepted video', () => {
  it('is answered 202 at once, and completes with figures measured from the file', async () => {
    const accepted = await postVideo(gateway, { sound: true, duration: 2 })
    expect(accepted.status).toBe(202)
    expect(accepted.body).toEqual({ id: expect.stringMatching(generationId), status: 'pending' })
    expect(accepted.headers.get('x-generation-id')).toBe(accepted.body.id)
    expect(accepted.headers.get('x-billed')).toBe('false')
    expect(accepted.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(accepted.headers.get('x-ratelimit-remaining')).toMatch(/^\d+$/)
    const { body } = await untilEnded(gateway, accepted.body.id)
    expect(body).toEqual({
      id: accepted.body.id,
      status: 'completed',
      model: 'sandbox-video',
      data: [
        {
          url: expect.stringContaining('/v2/downloads/'),
          width: 854,
          height: 480,
          duration: 2,
          fps: 24,
          has_sound: true,
          mime_type: 'video/mp4',
          deletes_at: expect.any(String),
        },
      ],
      usage: { total_cost: 0.04, billable_unit: 'video_second', unit_price: 0.02, quantity: 2 },
    })
  })

  it('holds its price while it runs and is charged when it completes', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const { id } = (await postVideo(owner, { prompt: 'a fox [[delay ms=500]]' })).body
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 1, held: 0.02 })
    const balance = await api(owner, 'GET', '/v2/billing/balance')
    expect(balance.body.balance).toBe('0.98')
    await untilEnded(owner, id, 'video', owner.key)
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 0.98, held: 0 })
  })

  it('is the same film to the byte for the same prompt and seed', async () => {
    const film = async () => {
      const answer = await postVideo(gateway, { seed: 5, sound: true }, wait(60))
      return download(answer.body.data[0].url)
    }
    expect((await film()).equals(await film())).toBe(true)
  })

  it('is held with Prefer: wait until it ends, or answered 202 when the wait is over', async () => {
    const ended = await postVideo(gateway, {}, wait(60))
    expect(ended.status).toBe(200)
    expect(ended.body.status).toBe('completed')
    expect(ended.headers.get('preference-applied')).toBe('wait=50')
    expect(ended.headers.get('x-billed')).toBe('true')
    const pending = await postVideo(gateway, { prompt: 'a fox [[stall]]' }, wait(1))
    expect(pending.status).toBe(202)
    expect(pending.headers.get('preference-applied')).toBe('wait=1')
    await cancel('video', gateway, pending.body.id)
  })

  it('is counted apart from images', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 0, videosPerMinute: 1 })
    expect((await postVideo(owner)).headers.get('x-ratelimit-limit')).toBe('1')
    expectError(await postVideo(owner), 'rate_limit', { message: /1 video requests? per minute/ })
  })

  it('tells how far it is while it is drawn', async () => {
    const slow = { resolution: '1080p', duration: 10, aspect_ratio: '21:9' }
    const { id } = (await postVideo(gateway, slow)).body
    let read = await api(gateway, 'GET', `${path}/${id}`)
    while (read.body.status === 'pending' && !(read.body.progress > 0)) {
      read = await api(gateway, 'GET', `${path}/${id}`, wait(1))
    }
    expect(read.body.status).toBe('pending')
    expect(read.body.progress).toBeGreaterThan(0)
    expect(read.body.progress).toBeLessThan(1)
    await cancel('video', gateway, id)
  })
})

describe('a dry run', () => {
  it('answers the price of the length that was asked for', async () => {
    const answer = await postVideo(gateway, { dry_run: true, duration: 7, resolution: '1080p' })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      model: 'sandbox-video',
      usage: { total_cost: 0.7, billable_unit: 'video_second', unit_price: 0.1, quantity: 7 },
    })
  })
})

describe('parameter_missing', () => {
  it.each([
    [{ prompt: 'a fox' }, 'model'],
    [{ model: 'sandbox-video' }, 'prompt'],
    [{ model: 'sandbox-video', prompt: 'a fox', images: [{ url: 'data:,' }] }, 'images[0].role'],
    [
      { model: 'sandbox-video', prompt: 'a fox', images: [{ role: 'last_frame' }] },
      'images[0].url',
    ],
  ])('%j is refused, and param is %s', async (body, param) => {
    expectError(await api(gateway, 'POST', path, { body }), 'parameter_missing', { param })
  })
})

describe('invalid_parameter', () => {
  it.each([
    [{ model: 'sandbox-image' }, 'model', /makes images/],
    [{ duration: 0 }, 'duration', /1 to 10/],
    [{ duration: 11 }, 'duration', /1 to 10/],
    [{ duration: 2.5 }, 'duration', /whole number/],
    [{ duration: '5' }, 'duration', /not the string `5`/],
    [{ duration: Number.MAX_VALUE }, 'duration', /1 to 10/],
    [{ sound: 1 }, 'sound', /true or false/],
    [{ sound: null }, 'sound', /not null/],
    [{ resolution: '1K' }, 'resolution', /720p, 480p, 1080p/],
    [{ aspect_ratio: '1:2' }, 'aspect_ratio', /16:9/],
    [{ output_format: 'mp4' }, 'output_format', /no parameter/],
    [{ webhook: 'https://example.com' }, 'webhook', /no parameter/],
    [{ prompt: 'a fox [[delay ms=soon]]' }, 'prompt', /whole number/],
    [
      {
        images: [
          { url: 'data:,', role: 'first_frame' },
          { url: 'data:,', role: 'first_frame' },
        ],
      },
      'images[1].role',
      /one first_frame/,
    ],
  ])('%j is refused, and param is %s', async (change, param, message) => {
    expectError(await postVideo(gateway, change), 'invalid_parameter', { param, message })
  })
})

describe('refused before there is a generation', () => {
  it('quota_exceeded when the balance does not cover every second', async () => {
    const poor = await gateway.addTenant({ balanceUsd: 0.05 })
    expectError(await postVideo(poor, { duration: 3 }), 'quota_exceeded')
    expect((await postVideo(poor, { duration: 2 })).status).toBe(202)
  })

  it('rate_limit while as many are pending as may be in flight', async () => {
    const busy = await gateway.addTenant({ balanceUsd: 1, concurrency: 1 })
    const { id } = (await postVideo(busy, { prompt: 'a fox [[stall]]' })).body
    const refused = await postVideo(busy)
    expectError(refused, 'rate_limit', { message: /1 generations? in flight/ })
    expect(refused.headers.get('x-generation-id')).toBeNull()
    await cancel('video', busy, id)
    expect((await postVideo(busy)).status).toBe(202)
  })

  it('not_found when the upstream no longer has what the request refers to', async () => {
    expectError(await postVideo(gateway, { prompt: 'a fox [[not_found]]' }), 'not_found')
  })
})

describe('failed', () => {
  it.each(['content_policy_violation', 'server_error'] as const)(
    '%s at=submit is the answer to the POST, with the id',
    async (code) => {
      const answer = await postVideo(gateway, { prompt: `a fox [[${code} at=submit]]` })
      const param = code === 'content_policy_violation' ? 'prompt' : null
      expectError(answer, code, { param })
      expect(answer.headers.get('x-generation-id')).toMatch(generationId)
      expect(answer.headers.get('x-billed')).toBe('false')
    },
  )

  it.each(['content_policy_violation', 'server_error'] as const)(
    '%s in the model comes after the 202, as the end of the generation',
    async (code) => {
      const before = await gateway.accountOf()
      const answer = await postVideo(gateway, { prompt: `a fox [[${code}]]` })
      expect(answer.status).toBe(202)
      const { body } = await untilEnded(gateway, answer.body.id)
      expect(body).toMatchObject({ status: 'failed', error: { code } })
      expect(await gateway.accountOf()).toEqual(before)
    },
  )
})
