import { describe, expect, it } from 'vitest'
import { api, postImage, postVideo, untilEnded, type ApiAnswer } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { cancel, pathOf, start } from './support/generation-kind.ts'
import { sendRaw } from './support/raw.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
let keys = 0
const newKey = () => `key-${(keys += 1)}`
const withKey = (key: string, more: Record<string, string> = {}) => ({
  headers: { 'idempotency-key': key, ...more },
})
const isReplay = ({ headers }: ApiAnswer) => headers.get('idempotent-replayed') === 'true'
const idOf = ({ headers }: ApiAnswer) => headers.get('x-generation-id')
const countOf = async (owner: Parameters<typeof api>[0]) =>
  (await api(owner, 'GET', '/v2/generations?limit=100')).body.data.length

describe('the same key and body', () => {
  it('get the first answer again, with no second generation or charge', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const key = newKey()
    const first = await postImage(owner, {}, withKey(key))
    const again = await postImage(owner, {}, withKey(key))
    expect(isReplay(first)).toBe(false)
    expect(isReplay(again)).toBe(true)
    expect(again.text).toBe(first.text)
    expect(idOf(again)).toBe(idOf(first))
    expect(again.headers.get('x-billed')).toBe('true')
    expect(await countOf(owner)).toBe(1)
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 0.99, held: 0 })
  })

  it('wait for the first if it is still running', async () => {
    const key = newKey()
    const prompt = 'a fox [[delay ms=400]]'
    const first = postImage(gateway, { prompt }, withKey(key))
    const again = postImage(gateway, { prompt }, withKey(key))
    const [one, two] = await Promise.all([first, again])
    expect(one.text).toBe(two.text)
    expect([one, two].filter(isReplay)).toHaveLength(1)
  })

  it('are recognised whatever the order and spacing of the fields', async () => {
    const key = newKey()
    const path = pathOf('image')
    const first = await api(gateway, 'POST', path, {
      body: '{"model":"sandbox-image","prompt":"a fox","seed":1}',
      ...withKey(key),
    })
    const again = await api(gateway, 'POST', path, {
      body: ' { "seed": 1.0, "prompt": "a \\u0066ox",\n "model": "sandbox-image" } ',
      ...withKey(key),
    })
    expect(isReplay(again)).toBe(true)
    expect(again.text).toBe(first.text)
  })

  it('take nothing from the limits, and are answered when they are used up', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 0.01, imagesPerMinute: 1 })
    const key = newKey()
    expect((await postImage(owner, {}, withKey(key))).status).toBe(200)
    expect((await postImage(owner, {}, withKey(key))).status).toBe(200)
    expectError(await postImage(owner, {}, withKey(newKey())), 'rate_limit')
  })

  it('are recognised behind as many other headers as a request can have', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const body = JSON.stringify({ model: 'sandbox-image', prompt: 'a red fox' })
    const request = [
      'POST /v2/images/generations HTTP/1.1\r\nHost: x\r\n',
      'a:\r\n'.repeat(3000),
      `Idempotency-Key: last\r\nAuthorization: Bearer ${owner.key}\r\n`,
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ].join('')
    const [first] = await sendRaw(gateway.baseURL, request)
    const [again] = await sendRaw(gateway.baseURL, request)
    expect([first?.status, again?.status]).toEqual([200, 200])
    expect(again?.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'x-generation-id': first?.headers['x-generation-id'],
    })
  })

  it('tell what the limits leave, though they took nothing', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 5 })
    const key = newKey()
    const answers = [
      await postImage(owner, {}, withKey(key)),
      await postImage(owner, {}),
      await postImage(owner, {}, withKey(key)),
    ]
    expect(answers.map(isReplay)).toEqual([false, false, true])
    const left = answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))
    expect(left).toEqual(['4', '3', '3'])
  })

  it('give the first answer again, however far the video is by now', async () => {
    const key = newKey()
    const stalled = { prompt: 'a fox [[stall]]' }
    const first = await postVideo(gateway, stalled, withKey(key))
    const { id } = first.body
    let read = first
    while (read.body.progress === undefined) {
      read = await api(gateway, 'GET', pathOf('video', id), { headers: { prefer: 'wait=1' } })
    }
    const again = await postVideo(gateway, stalled, withKey(key))
    expect([again.status, again.text]).toEqual([202, first.text])
    await cancel('video', gateway, id)
  })

  it('give a video that still runs, or has ended, its first answer again', async () => {
    const key = newKey()
    const first = await postVideo(gateway, {}, withKey(key))
    const during = await postVideo(gateway, {}, withKey(key))
    expect([during.status, during.text]).toEqual([202, first.text])
    expect(isReplay(during)).toBe(true)
    await untilEnded(gateway, first.body.id)
    const after = await postVideo(gateway, {}, withKey(key))
    expect([after.status, after.text]).toEqual([202, first.text])
    expect(after.headers.get('x-billed')).toBe('true')
    const waited = await postVideo(gateway, {}, withKey(key, { prefer: 'wait=60' }))
    expect([waited.status, waited.body.status]).toEqual([200, 'completed'])
  })
})

describe('the same key', () => {
  it('with another body is refused, and param is Idempotency-Key', async () => {
    const key = newKey()
    await postImage(gateway, {}, withKey(key))
    const refused = await postImage(gateway, { prompt: 'an owl' }, withKey(key))
    expectError(refused, 'invalid_parameter', { param: 'Idempotency-Key', message: /24 hours/ })
    expect(idOf(refused)).toBeNull()
    expectError(await postVideo(gateway, {}, withKey(key)), 'invalid_parameter', {
      param: 'Idempotency-Key',
    })
  })

  it('is another one in another workspace and in test mode', async () => {
    const key = newKey()
    const stranger = await gateway.addTenant({ balanceUsd: 1 })
    const ids = [
      await postImage(gateway, {}, withKey(key)),
      await postImage(gateway, {}, { ...withKey(key), key: gateway.testKey }),
      await postImage(stranger, {}, withKey(key)),
    ].map(idOf)
    expect(new Set(ids).size).toBe(3)
  })

  it('may have 255 printable characters, blanks included', async () => {
    const key = '~ !'.repeat(85)
    expect(isReplay(await postImage(gateway, {}, withKey(key)))).toBe(false)
    expect(isReplay(await postImage(gateway, {}, withKey(key)))).toBe(true)
  })
})

describe('a refusal', () => {
  it('binds nothing: the key is free for another body', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 0.01 })
    const key = newKey()
    const send = (body: object, apiKey = owner.key) =>
      postImage(owner, { ...body }, { ...withKey(key), key: apiKey })
    expect((await send({}, `sk_live_${'0'.repeat(40)}`)).status).toBe(401)
    expect((await send({ resolution: '9K' })).status).toBe(400)
    expect((await send({ resolution: '4K' })).status).toBe(402)
    await gateway.setLimits(owner.name, { concurrency: 0 })
    expect((await send({})).status).toBe(429)
    await gateway.setLimits(owner.name, { concurrency: 1 })
    expect((await send({ dry_run: true })).status).toBe(200)
    const made = await send({})
    expect(made.status).toBe(200)
    expect(isReplay(made)).toBe(false)
  })
})

describe('a generation that failed', () => {
  it('without a bill frees its key, so that a retry starts anew', async () => {
    const key = newKey()
    const prompt = 'a fox [[server_error times=1]]'
    const failed = await postImage(gateway, { prompt }, withKey(key))
    expectError(failed, 'server_error')
    expect(failed.headers.get('x-should-retry')).toBe('true')
    const retried = await postImage(gateway, { prompt }, withKey(key))
    expect(retried.status).toBe(200)
    expect(isReplay(retried)).toBe(false)
    expect(idOf(retried)).not.toBe(idOf(failed))
  })

  it.each(['image', 'video'] as const)(
    'by being cancelled frees the key of an %s',
    async (kind) => {
      const headers = { 'idempotency-key': newKey() }
      const first = await start(kind, gateway, { prompt: 'a fox [[stall]]' }, headers)
      await cancel(kind, gateway, first.body.id)
      const again = await start(kind, gateway, { prompt: 'a fox [[stall]]' }, headers)
      expect(again.body.id).not.toBe(first.body.id)
      await cancel(kind, gateway, again.body.id)
    },
  )

  it('content_policy_violation is replayed', async () => {
    const key = newKey()
    const prompt = 'a fox [[content_policy_violation]]'
    const first = await postImage(gateway, { prompt }, withKey(key))
    const again = await postImage(gateway, { prompt }, withKey(key))
    expectError(again, 'content_policy_violation', { param: 'prompt' })
    expect(isReplay(again)).toBe(true)
    expect(again.text).toBe(first.text)
    expect(idOf(again)).toBe(idOf(first))
    const video = { prompt: 'a fox [[content_policy_violation at=submit]]' }
    const refused = await postVideo(gateway, video, withKey('v'))
    expectError(refused, 'content_policy_violation', { param: 'prompt' })
    const refusedAgain = await postVideo(gateway, video, withKey('v'))
    expect(isReplay(refusedAgain)).toBe(true)
    expect(refusedAgain.text).toBe(refused.text)
  })
})

describe('a generation whose outcome is unknown at its deadline', () => {
  const brief = useGateway({ config: { sandbox: { image_deadline_seconds: 2 } } })

  it('is replayed with X-Should-Retry: false, and keeps its hold', async () => {
    const owner = await brief.addTenant({ balanceUsd: 1 })
    const key = newKey()
    const prompt = 'a fox [[upstream unknown]]'
    const first = await postImage(owner, { prompt }, withKey(key))
    const again = await postImage(owner, { prompt }, withKey(key))
    expect([first, again].map(isReplay)).toEqual([false, true])
    for (const answer of [first, again]) {
      expectError(answer, 'server_error', { message: /not known yet.*could make it twice/ })
      expect(answer.headers.get('x-should-retry')).toBe('false')
      expect(answer.headers.get('x-billed')).toBe('false')
      expect(idOf(answer)).toBe(idOf(first))
    }
    expect(await brief.accountOf(owner.name)).toEqual({ balance: 1, held: 0.01 })
    expect(await brief.inFlight(owner.name)).toBe(0)
    const read = await untilEnded(owner, idOf(first) ?? '', 'image', owner.key)
    expect(read.body.error).toMatchObject({ code: 'server_error' })
  })
})
