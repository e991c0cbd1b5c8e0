import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { falAnswers } from '../support/upstream/answers/fal.ts'
import type { Act } from '../support/upstream/script.ts'
import { bodyOf, submitToFal, useUpstream } from './support/account.ts'

const { upstream, fresh } = useUpstream()

describe('an act', () => {
  it('that breaks off before the body was read makes no job', async () => {
    const account = await fresh()
    await account.script('fox', { submit: [{ reset: 'before-reading' }, {}] })
    await expect(submitToFal(account, 'a fox')).rejects.toThrow('fetch failed')
    expect(await account.submissions('fox')).toEqual({ received: 0, made: 0, billed: 0 })
    const [request] = await account.seen('submit', { match: 'fox' })
    expect(request).toMatchObject({ isWhole: false, outcome: 'broken' })
    expect((await submitToFal(account, 'a fox')).status).toBe(200)
    expect(await account.submissions('fox')).toEqual({ received: 1, made: 1, billed: 1 })
  })

  it.each<Act>([{ reset: 'after-reading' }, { reset: 'in-body' }])(
    '%o has made a job all the same, unless it says otherwise',
    async (act) => {
      const account = await fresh()
      await account.script('fox', { submit: [act, { ...act, takesJob: false }] })
      const broken = async () => (await submitToFal(account, 'a fox')).json()
      await expect(broken()).rejects.toThrow(/failed|terminated/)
      expect(await account.submissions()).toEqual({ received: 1, made: 1, billed: 1 })
      await expect(broken()).rejects.toThrow(/failed|terminated/)
      expect(await account.submissions()).toEqual({ received: 2, made: 1, billed: 1 })
    },
  )

  it('that sends half of the body closes as if that were its end', async () => {
    const account = await fresh()
    await account.script('fox', { submit: { half: true } })
    const text = await (await submitToFal(account, 'a fox')).text()
    expect(text).toMatch(/^\{"status":"IN_QUEUE"/)
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect((await account.jobs())[0]).toMatchObject({ isAnswered: false })
  })

  it.each(['before-headers', 'in-body'] as const)('that stalls %s never goes on', async (stall) => {
    const account = await fresh()
    await account.script('fox', { submit: { stall } })
    const leaving = new AbortController()
    const asked = submitToFal(account, 'a fox', { signal: leaving.signal }).then((r) => r.text())
    const [held] = await account.seen('submit', { match: 'fox' })
    expect(held?.outcome).toBe('open')
    leaving.abort()
    await expect(asked).rejects.toThrow('aborted')
    await account.seen('submit', { match: 'fox', outcome: 'abandoned' })
    expect(await account.submissions()).toMatchObject({ received: 1, made: 1 })
  })

  it('that refuses makes no job, unless it says otherwise', async () => {
    const account = await fresh()
    await account.script('fox', { submit: [falAnswers.tooMany(), { status: 502, takesJob: true }] })
    const first = await submitToFal(account, 'a fox')
    expect([first.status, await first.json()]).toEqual([429, { detail: 'Too many requests' }])
    expect((await account.submissions()).made).toBe(0)
    expect((await submitToFal(account, 'a fox')).status).toBe(502)
    expect(await account.submissions()).toMatchObject({ received: 2, made: 1 })
  })

  it('adds headers to the good answer, and can put another body in its place', async () => {
    const account = await fresh()
    await account.script('fox', {
      submit: [{ headers: { 'x-fal-served-from': 'a' }, delayMs: 1 }, { body: '<html>' }],
    })
    const good = await submitToFal(account, 'a fox')
    expect(good.headers.get('x-fal-served-from')).toBe('a')
    expect(await bodyOf(good)).toMatchObject({ status: 'IN_QUEUE' })
    const page = await submitToFal(account, 'a fox')
    expect([page.status, await page.text()]).toEqual([200, '<html>'])
  })
})

describe('a gate', () => {
  it('holds an answer whose job exists, and one that was opened holds nothing', async () => {
    const account = await fresh()
    await account.script('fox', { submit: { wait: 'door' } })
    const asked = submitToFal(account, 'a fox')
    const [held] = await account.seen('submit')
    expect(held).toMatchObject({ outcome: 'open', isWhole: true, jobs: [1] })
    expect(await account.submissions()).toMatchObject({ made: 1 })
    await account.open('door')
    expect((await asked).status).toBe(200)
    expect((await submitToFal(account, 'a fox')).status).toBe(200)
    await account.seen('submit', { outcome: 'answered', count: 2 })
  })

  it('tells when whoever waited there has left', async () => {
    const account = await fresh()
    await account.script('fox', { submit: { wait: 'door' } })
    const leaving = new AbortController()
    const asked = submitToFal(account, 'a fox', { signal: leaving.signal })
    await account.seen('submit')
    leaving.abort()
    await expect(asked).rejects.toThrow('aborted')
    await account.seen('submit', { outcome: 'abandoned' })
    expect((await account.jobs())[0]).toMatchObject({ isAnswered: false })
  })
})

describe('an account', () => {
  it('knows nothing of another', async () => {
    const [one, other] = [await fresh(), await fresh()]
    await one.script('fox', { submit: { status: 503 } })
    expect((await submitToFal(one, 'a fox')).status).toBe(503)
    expect((await submitToFal(other, 'a fox')).status).toBe(200)
    expect(await one.submissions()).toEqual({ received: 1, made: 0, billed: 0 })
    expect(await other.submissions()).toEqual({ received: 1, made: 1, billed: 1 })
  })

  it('plays the script that was set last, and begins it anew when it is set again', async () => {
    const account = await fresh()
    const statuses = async () => (await submitToFal(account, 'a fox')).status
    await account.script('', { submit: { status: 500 } })
    await account.script('fox', { submit: [{ status: 502 }, { status: 503 }] })
    expect([await statuses(), await statuses(), await statuses()]).toEqual([502, 503, 503])
    await account.script('fox', { submit: [{ status: 502 }, {}] })
    expect([await statuses(), await statuses()]).toEqual([502, 200])
    expect((await submitToFal(account, 'an owl')).status).toBe(500)
  })

  it('records what came, and forgets it all when it is reset', async () => {
    const account = await fresh()
    await account.script('', { submit: { wait: 'door' } })
    const asked = submitToFal(account, 'a fox', { headers: { 'x-fal-no-retry': '1' } })
    const cut = expect(asked).rejects.toThrow('fetch failed')
    const [request] = await account.seen('submit', { match: 'fox' })
    expect(request).toMatchObject({
      number: 1,
      wire: 'fal',
      method: 'POST',
      path: '/fal-ai/flux/schnell',
      body: '{"prompt":"a fox"}',
    })
    expect(request?.headers['x-fal-no-retry']).toBe('1')
    await account.reset()
    await cut
    expect(await account.requests()).toEqual([])
    expect((await submitToFal(account, 'a fox')).status).toBe(200)
    expect((await account.jobs()).map(({ number }) => number)).toEqual([1])
  })
})

describe('a file', () => {
  it('is of its job alone, and can be told from all others', async () => {
    const account = await fresh()
    const urls = await Promise.all(
      [1, 2].map(async () => {
        const { response_url: url } = await bodyOf<{ response_url: string }>(
          await submitToFal(account, 'a fox'),
        )
        const { images } = await bodyOf<{ images: { url: string }[] }>(await fetch(url))
        return images[0]?.url ?? ''
      }),
    )
    const digests = await Promise.all(
      urls.map(async (url) => {
        const bytes = await (await fetch(url)).arrayBuffer()
        return createHash('sha256').update(new Uint8Array(bytes)).digest('hex')
      }),
    )
    expect(new Set(digests).size).toBe(2)
    const own = await Promise.all([1, 2].map((job) => account.outputOf(job)))
    expect(new Set(own)).toEqual(new Set(digests))
  })

  it.each([
    ['html', 200, 'text/html'],
    ['truncated', 200, 'image/jpeg'],
    ['missing', 404, 'text/html'],
    ['gone', 410, 'text/html'],
    ['forbidden', 403, 'text/html'],
    ['slow', 200, 'image/jpeg'],
    ['endless', 200, 'image/jpeg'],
    ['cut', 200, 'image/jpeg'],
  ] as const)('that is %s is answered with %i', async (fault, status, type) => {
    const account = await fresh()
    await account.script('fox', { job: { outputs: [{ fault, width: 64, height: 64 }] } })
    await submitToFal(account, 'a fox')
    const leaving = new AbortController()
    const url = `${account.fal.replace(/fal$/, 'files')}/1/0.jpeg`
    const response = await fetch(url, { signal: leaving.signal })
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type])
    if (fault === 'endless') {
      leaving.abort()
      await account.seen('download', { match: 'fox', outcome: 'abandoned' })
    } else if (fault === 'cut') await expect(response.arrayBuffer()).rejects.toThrow('terminated')
    else expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0)
  })
})

describe('an upstream that is down', () => {
  it('refuses connections, and comes back at the same address with its jobs', async () => {
    const account = await fresh()
    await account.script('owl', { submit: { stall: 'before-headers' } })
    await submitToFal(account, 'a fox')
    const cut = expect(submitToFal(account, 'an owl')).rejects.toThrow('fetch failed')
    await account.seen('submit', { match: 'owl' })
    await upstream().down()
    await cut
    const refused = await submitToFal(account, 'a fox').catch(({ cause }: Error) => cause)
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
    await upstream().up()
    expect((await submitToFal(account, 'a fox')).status).toBe(200)
    expect(await account.submissions('fox')).toEqual({ received: 2, made: 2, billed: 2 })
  })
})
