import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { api, postImage, postVideo, untilEnded } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { download } from './support/files.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const path = '/v2/images/generations'
const generationId = /^gen_[0-9a-f]{32}$/

describe('a finished image', () => {
  it('comes back in the answer to the POST, measured, priced and downloadable', async () => {
    const sentAt = Date.now()
    const answer = await postImage(gateway)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      id: expect.stringMatching(generationId),
      status: 'completed',
      model: 'sandbox-image',
      data: [
        {
          url: expect.stringContaining(`${gateway.baseURL}/v2/downloads/`),
          width: 1024,
          height: 1024,
          mime_type: 'image/jpeg',
          deletes_at: expect.any(String),
        },
      ],
      usage: { total_cost: 0.01, billable_unit: 'image', unit_price: 0.01, quantity: 1 },
    })
    const [image] = answer.body.data
    const days = (Date.parse(image.deletes_at) - sentAt) / 86_400_000
    expect(days).toBeGreaterThan(29)
    const { width, height, format } = await sharp(await download(image.url)).metadata()
    expect({ width, height, format }).toEqual({ width: 1024, height: 1024, format: 'jpeg' })
  })

  it('is charged once, at the price that the answer names', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const answer = await postImage(owner, { resolution: '2K' })
    expect(answer.body.usage.total_cost).toBe(0.02)
    expect(answer.headers.get('x-billed')).toBe('true')
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 0.98, held: 0 })
  })

  it('costs nothing under a test key, and the answer shows what it would have cost', async () => {
    const before = await gateway.accountOf()
    const answer = await postImage(gateway, {}, { key: gateway.testKey })
    expect(answer.status).toBe(200)
    expect(answer.body.usage.total_cost).toBe(0.01)
    expect(answer.headers.get('x-billed')).toBe('false')
    expect(await gateway.accountOf()).toEqual(before)
  })

  it('is the same file to the byte for the same prompt and seed, and another for another seed', async () => {
    const paint = async (seed?: number) => {
      const answer = await postImage(gateway, {
        prompt: 'a lighthouse in a storm',
        output_format: 'png',
        ...(seed === undefined ? {} : { seed }),
      })
      return download(answer.body.data[0].url)
    }
    const [first, again, other] = [await paint(7), await paint(7), await paint(8)]
    expect(first.equals(again)).toBe(true)
    expect(first.equals(other)).toBe(false)
    const [drawn, drawnAnew] = [await paint(), await paint()]
    expect(drawn.equals(drawnAnew)).toBe(false)
  })

  it('has the format, ratio and resolution that were asked for', async () => {
    const answer = await postImage(gateway, {
      aspect_ratio: '16:9',
      resolution: '2K',
      output_format: 'webp',
    })
    expect(answer.body.data[0]).toMatchObject({
      width: 2048,
      height: 1152,
      mime_type: 'image/webp',
    })
  })

  it('takes reference images with or without a role', async () => {
    const red = { create: { width: 64, height: 64, channels: 3, background: 'red' } } as const
    const url = `data:image/png;base64,${(await sharp(red).png().toBuffer()).toString('base64')}`
    const answer = await postImage(gateway, { images: [{ url }, { url, role: 'reference_image' }] })
    expect(answer.status, answer.text).toBe(200)
  })
})

describe('the headers', () => {
  it('carry the generation, whether it was billed and what the limit leaves', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 5 })
    const { headers, body } = await postImage(owner)
    expect(headers.get('x-generation-id')).toBe(body.id)
    expect(headers.get('x-billed')).toBe('true')
    expect(headers.get('x-ratelimit-limit')).toBe('5')
    expect(headers.get('x-ratelimit-remaining')).toBe('4')
    const resetInSeconds = Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000
    expect(resetInSeconds).toBeGreaterThan(0)
    expect(resetInSeconds).toBeLessThanOrEqual(61)
    expect((await postImage(owner)).headers.get('x-ratelimit-remaining')).toBe('3')
  })

  it('keep a valid X-Request-Id, and replace one that is not', async () => {
    const send = async (id: string) => {
      const answer = await postImage(
        gateway,
        { dry_run: true },
        { headers: { 'x-request-id': id } },
      )
      return answer.headers.get('x-request-id')
    }
    expect(await send('trace-1:2/3')).toBe('trace-1:2/3')
    for (const invalid of ['two words', 'x'.repeat(129), '<script>']) {
      expect(await send(invalid)).toMatch(/^req_[0-9a-f]+$/)
    }
  })
})

describe('Prefer', () => {
  it('respond-async answers 202 at once, and the GET has the rest', async () => {
    const answer = await postImage(gateway, {}, { headers: { prefer: 'respond-async' } })
    expect(answer.status).toBe(202)
    expect(answer.body).toEqual({ id: expect.stringMatching(generationId), status: 'pending' })
    expect(answer.headers.get('preference-applied')).toBe('respond-async')
    expect(answer.headers.get('x-generation-id')).toBe(answer.body.id)
    expect(answer.headers.get('x-billed')).toBe('false')
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    const ended = await untilEnded(gateway, answer.body.id, 'image')
    expect(ended.body.status).toBe('completed')
    expect(ended.headers.get('x-billed')).toBe('true')
  })

  it('respond-async with wait answers the end if it comes in time, else 202', async () => {
    const prefer = (wait: number) => ({ headers: { prefer: `respond-async, wait=${wait}` } })
    const inTime = await postImage(gateway, {}, prefer(60))
    expect(inTime.status).toBe(200)
    expect(inTime.body.status).toBe('completed')
    expect(inTime.headers.get('preference-applied')).toBe('wait=50')
    const tooLate = await postImage(gateway, { prompt: 'a fox [[stall]]' }, prefer(1))
    expect(tooLate.status).toBe(202)
    await api(gateway, 'POST', `${path}/${tooLate.body.id}/cancel`)
  })

  it('that nobody knows is ignored', async () => {
    const answer = await postImage(gateway, {}, { headers: { prefer: 'handling=strict; x="y"' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('preference-applied')).toBeNull()
  })
})

describe('a dry run', () => {
  it('answers the price and leaves no generation, no charge and no used-up limit', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 2 })
    for (const left of ['1', '0']) {
      const answer = await postImage(owner, { dry_run: true, resolution: '4K' })
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({
        model: 'sandbox-image',
        usage: { total_cost: 0.04, billable_unit: 'image', unit_price: 0.04, quantity: 1 },
      })
      expect(answer.headers.get('x-ratelimit-limit')).toBe('2')
      expect(answer.headers.get('x-ratelimit-remaining')).toBe(left)
      expect(answer.headers.get('x-generation-id')).toBeNull()
    }
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 1, held: 0 })
    expect((await api(owner, 'GET', '/v2/generations')).body.data).toEqual([])
    expect((await postImage(owner)).headers.get('x-ratelimit-remaining')).toBe('1')
  })

  it('is counted apart from the images: each is refused when its own minute is used up', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 1, videosPerMinute: 1 })
    const dryRun = { dry_run: true }
    expect((await postImage(owner, dryRun)).status).toBe(200)
    const tooMany = await postImage(owner, dryRun)
    expectError(tooMany, 'rate_limit', { message: /1 dry runs of images .*apart from the images/ })
    expect(tooMany.headers.get('x-ratelimit-remaining')).toBe('0')
    expect((await postVideo(owner, dryRun)).status).toBe(200)
    expectError(await postVideo(owner, dryRun), 'rate_limit', { message: /1 dry runs of videos/ })
    expect((await postImage(owner)).status).toBe(200)
    expectError(await postImage(owner), 'rate_limit', { message: /1 image requests/ })
  })

  it('tells what the minute of images is used up for, and takes nothing for a refusal', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 0.015, imagesPerMinute: 2 })
    const dear = { dry_run: true, resolution: '4K' }
    for (let count = 0; count < 3; count += 1) {
      expectError(await postImage(owner, dear), 'quota_exceeded')
    }
    expect((await postImage(owner)).status).toBe(200)
    await gateway.setLimits(owner.name, { imagesPerMinute: 1 })
    const refused = await postImage(owner, { dry_run: true })
    expectError(refused, 'rate_limit', { message: /1 image requests/ })
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0')
  })

  it('refuses what the real request would be refused for', async () => {
    const poor = await gateway.addTenant()
    expectError(await postImage(poor, { dry_run: true }), 'quota_exceeded')
    const limited = await gateway.addTenant({ imagesPerMinute: 0 })
    expectError(await postImage(limited, { dry_run: true }), 'rate_limit')
    const busy = await gateway.addTenant({ concurrency: 0 })
    expectError(await postImage(busy, { dry_run: true }), 'rate_limit')
    const wrong = await postImage(gateway, { dry_run: true, aspect_ratio: '5:4' })
    expectError(wrong, 'invalid_parameter', { param: 'aspect_ratio' })
    const refused = await postImage(gateway, {
      dry_run: true,
      prompt: 'a fox [[content_policy_violation]]',
    })
    expectError(refused, 'content_policy_violation', { param: 'prompt' })
  })

  it('asks nothing of the balance under a test key', async () => {
    const poor = await gateway.addTenant()
    const quoted = await postImage(poor, { dry_run: true }, { key: poor.testKey })
    expect([quoted.status, quoted.body.usage?.total_cost]).toEqual([200, 0.01])
  })
})

describe('parameter_missing', () => {
  it.each([
    [{ prompt: 'a fox' }, 'model'],
    [{ model: 'sandbox-image' }, 'prompt'],
    [{ model: 'sandbox-image', prompt: 'a fox', images: [{}] }, 'images[0].url'],
    // What is missing is told first: a misspelt name is most often the very one that is missing.
    [{ model: 'sandbox-image', promt: 'a fox', seed: 'x' }, 'prompt'],
  ])('%j is refused, and param is %s', async (body, param) => {
    const answer = await api(gateway, 'POST', path, { body })
    expectError(answer, 'parameter_missing', { param, message: param.replace(/\W/g, '\\$&') })
  })

  it('is the answer to a POST without a body', async () => {
    expectError(await api(gateway, 'POST', path), 'parameter_missing')
  })
})

describe('invalid_parameter', () => {
  it.each([
    [{ model: 'no-such-model' }, 'model', /not served here.*sandbox-image/],
    [{ model: 'sandbox-video' }, 'model', /makes videos/],
    [{ prompt: '' }, 'prompt', /empty/],
    [{ prompt: ' \n\t ' }, 'prompt', /blank/],
    [{ prompt: 5 }, 'prompt', /must be a string, not the number 5/],
    [{ aspect_ratio: '5:4' }, 'aspect_ratio', /16:9/],
    [{ resolution: '8K' }, 'resolution', /1K, 2K, 4K/],
    [{ output_format: 'gif' }, 'output_format', /jpeg, png, webp/],
    [{ seed: -1 }, 'seed', /at least 0/],
    [{ seed: 1.5 }, 'seed', /whole number/],
    [{ dry_run: 'yes' }, 'dry_run', /true or false/],
    [{ duration: 5 }, 'duration', /no parameter/],
    [{ promt: 'a typo' }, 'promt', /no parameter/],
    [{ images: 'https://example.com/a.png' }, 'images', /array/],
    [{ images: Array(9).fill({ url: 'data:,' }) }, 'images', /at most 8/],
    [{ images: [{ url: 'data:,', role: 'first_frame' }] }, 'images[0].role', /first_frame/],
    [{ images: [{ url: 'data:,', role: 'villain' }] }, 'images[0].role', /one of/],
    [{ images: [{ url: '' }] }, 'images[0].url', /empty/],
    [{ prompt: 'a fox [[sever_error]]' }, 'prompt', /does not understand the directive/],
  ])('%j is refused, and param is %s', async (change, param, message) => {
    expectError(await postImage(gateway, change), 'invalid_parameter', { param, message })
  })

  it('a prompt may have 4096 characters however many bytes they take, and no more', async () => {
    const quote = (prompt: string) => postImage(gateway, { prompt, dry_run: true })
    for (const character of ['x', 'é', '🦊']) {
      expect((await quote(character.repeat(4096))).status).toBe(200)
      const tooLong = await quote(character.repeat(4097))
      expectError(tooLong, 'invalid_parameter', { param: 'prompt', message: /4096/ })
    }
  })

  it('names Idempotency-Key when the key has no valid form', async () => {
    for (const key of ['', 'x'.repeat(256), 'schlüssel']) {
      const answer = await postImage(gateway, {}, { headers: { 'idempotency-key': key } })
      expectError(answer, 'invalid_parameter', { param: 'Idempotency-Key' })
    }
  })
})

describe('refused before there is a generation', () => {
  it('quota_exceeded when the balance does not cover the price', async () => {
    const poor = await gateway.addTenant({ balanceUsd: 0.03 })
    const refused = await postImage(poor, { resolution: '4K' })
    expectError(refused, 'quota_exceeded')
    expect(refused.headers.get('x-generation-id')).toBeNull()
    expect(refused.headers.get('x-should-retry')).toBe('false')
    expect((await postImage(poor)).status).toBe(200)
    expect(await gateway.accountOf(poor.name)).toEqual({ balance: 0.02, held: 0 })
  })

  it('rate_limit when the requests of the minute are used up, with the seconds to wait', async () => {
    const limited = await gateway.addTenant({ balanceUsd: 1, imagesPerMinute: 1 })
    expect((await postImage(limited)).status).toBe(200)
    const refused = await postImage(limited)
    expectError(refused, 'rate_limit', { message: /1 image requests? per minute/ })
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0')
    expect(refused.headers.get('x-generation-id')).toBeNull()
    expect(refused.headers.get('x-should-retry')).toBe('true')
    const reset = Number(refused.headers.get('x-ratelimit-reset'))
    const wait = Number(refused.headers.get('retry-after'))
    expect(Math.abs(reset - Date.now() / 1000 - wait)).toBeLessThan(2)
  })

  it('not_found when the upstream no longer has what the request refers to', async () => {
    expectError(await postImage(gateway, { prompt: 'a fox [[not_found]]' }), 'not_found')
  })

  it.each([
    'invalid_api_key',
    'parameter_missing',
    'invalid_parameter',
    'quota_exceeded',
    'rate_limit',
    'not_found',
  ])('[[%s]] leaves no generation and no charge', async (code) => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    const answer = await postImage(owner, { prompt: `a fox [[${code}]]` })
    expect(answer.body.error.code).toBe(code)
    expect(answer.headers.get('x-generation-id')).toBeNull()
    expect((await api(owner, 'GET', '/v2/generations')).body.data).toEqual([])
    expect(await gateway.accountOf(owner.name)).toEqual({ balance: 1, held: 0 })
  })
})

describe('failed after there is a generation', () => {
  it.each([
    ['content_policy_violation', 'prompt', 'false'],
    ['server_error', null, 'true'],
  ] as const)('%s carries its id, is not billed, and can be read', async (code, param, retry) => {
    const before = await gateway.accountOf()
    const answer = await postImage(gateway, { prompt: `a fox [[${code}]]` })
    expectError(answer, code, { param })
    const id = answer.headers.get('x-generation-id')
    expect(id).toMatch(generationId)
    expect(answer.headers.get('x-billed')).toBe('false')
    expect(answer.headers.get('x-should-retry')).toBe(retry)
    const read = await api(gateway, 'GET', `${path}/${id}`)
    expect(read.body).toEqual({ id, status: 'failed', error: expect.objectContaining({ code }) })
    expect(await gateway.accountOf()).toEqual(before)
  })

  it.each([
    ['data:text/plain,hello', 'invalid_parameter'],
    ['data:image/png;base64,iVBORw0KGgo=', 'invalid_parameter'],
    ['ftp://example.com/a.png', 'invalid_parameter'],
    ['http://127.0.0.1:1/a.png', 'invalid_parameter'],
    ['http://169.254.169.254/latest/meta-data', 'invalid_parameter'],
    ['file:///etc/passwd', 'invalid_parameter'],
  ] as const)('a reference image at %s is %s, at no cost', async (url, code) => {
    const before = await gateway.accountOf()
    const answer = await postImage(gateway, { images: [{ url }] })
    expectError(answer, code, { param: 'images[0].url' })
    expect(answer.headers.get('x-billed')).not.toBe('true')
    expect(await gateway.accountOf()).toEqual(before)
  })

  it('a prompt that the safety rules refuse is a content_policy_violation', async () => {
    const answer = await postImage(gateway, { prompt: 'photo of a naked child' })
    expectError(answer, 'content_policy_violation', { param: 'prompt' })
    expect(answer.headers.get('x-generation-id')).toMatch(generationId)
    expect(answer.headers.get('x-billed')).toBe('false')
  })

  it('server_error names the ids to quote and no internals', async () => {
    const answer = await postImage(gateway, { prompt: 'a fox [[server_error]]' })
    const { message } = answer.body.error
    expect(message).toContain(answer.headers.get('x-generation-id'))
    expect(message).toContain(answer.headers.get('x-request-id'))
    expect(message).not.toMatch(/sandbox|upstream|attempt|sqlite|\.ts|\.js/i)
  })
})
