import { beforeAll, describe, expect, it } from 'vitest'
import { postImage } from '../support/api.ts'
import { recordingFetch } from '../support/traffic.ts'
import { errorCatalog } from '../../packages/server/src/contract/errors.ts'
import { download } from './support/files.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
let url: string
let file: Buffer
let etag: string

const get = (headers: Record<string, string> = {}, method = 'GET', link = url) =>
  recordingFetch(link, { method, headers })
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

beforeAll(async () => {
  url = (await postImage(gateway, { output_format: 'png' })).body.data[0].url
  file = await download(url)
  etag = (await get()).headers.get('etag') ?? ''
})

/** Asserts the one answer that a link which opens nothing gets. */
async function expectUnavailable(link: string, headers: Record<string, string> = {}) {
  const response = await get(headers, 'GET', link)
  expect(response.status).toBe(errorCatalog.not_found.status)
  const { error } = (await response.json()) as { error: Record<string, unknown> }
  expect(error).toMatchObject({ code: 'not_found', type: 'invalid_request_error', param: null })
  expect(response.headers.get('etag')).toBeNull()
  return String(error['message'])
}

describe('a signed link', () => {
  it('gives the file to whoever has it, with its type, name and length', async () => {
    const response = await get()
    expect(response.status).toBe(200)
    const { headers } = response
    expect(headers.get('content-type')).toBe('image/png')
    expect(headers.get('content-length')).toBe(String(file.length))
    expect(headers.get('accept-ranges')).toBe('bytes')
    expect(headers.get('content-disposition')).toMatch(
      /^inline; filename="gen_[0-9a-f]{32}-0\.png"$/,
    )
    expect(headers.get('cache-control')).toMatch(/^private, max-age=\d+, immutable$/)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; (?!.*script)/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect((await bytesOf(response)).equals(file)).toBe(true)
  })

  it('answers HEAD with the same headers and no body', async () => {
    const response = await get({}, 'HEAD')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(file.length))
    expect(response.headers.get('etag')).toBe(etag)
    expect(await bytesOf(response)).toHaveLength(0)
  })

  it('works for another reader at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, async () => bytesOf(await get())))
    for (const bytes of all) expect(bytes.equals(file)).toBe(true)
  })
})

describe('Range', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-99', 0, 99],
    ['bytes=100-', 100, -1],
    ['bytes=-50', -50, -1],
    ['bytes=5-999999999', 5, -1],
  ])('%s gives exactly that part', async (range, from, to) => {
    const start = from < 0 ? file.length + from : from
    const end = to < 0 ? file.length + to : to
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${file.length}`)
    expect(response.headers.get('content-length')).toBe(String(end - start + 1))
    expect((await bytesOf(response)).equals(file.subarray(start, end + 1))).toBe(true)
  })

  it.each([
    ['bytes=999999999-'],
    ['bytes=5-1'],
    ['bytes=0-1,5-6'],
    ['lines=0-1'],
    ['bytes=a-b'],
    ['bytes='],
    ['bytes=-0'],
    ['nonsense'],
  ])('%s gives the whole file, since the contract has no 416', async (range) => {
    const response = await get({ range })
    expect(response.status).toBe(200)
    expect((await bytesOf(response)).equals(file)).toBe(true)
  })

  it('with If-Range gives the part while the file is the same, else the whole file', async () => {
    const range = 'bytes=0-9'
    expect((await get({ range, 'if-range': etag })).status).toBe(206)
    expect((await get({ range, 'if-range': '"other"' })).status).toBe(200)
    expect((await get({ range, 'if-range': `W/${etag}` })).status).toBe(200)
  })

  it('in pieces puts the file together again', async () => {
    const pieces: Buffer[] = []
    for (let at = 0; at < file.length; at += 100_000) {
      pieces.push(await bytesOf(await get({ range: `bytes=${at}-${at + 99_999}` })))
    }
    expect(Buffer.concat(pieces).equals(file)).toBe(true)
  })
})

describe('If-None-Match', () => {
  it('answers 304 without a body while the file is the same', async () => {
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get({ 'if-none-match': tag })
      expect(response.status).toBe(304)
      expect(response.headers.get('etag')).toBe(etag)
      expect(await bytesOf(response)).toHaveLength(0)
    }
  })

  it('answers the file when the caller has another', async () => {
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200)
  })
})

describe('not_found', () => {
  it('is one answer for every link that was tampered with', async () => {
    const { pathname, searchParams } = new URL(url)
    const [exp, sig] = [Number(searchParams.get('exp')), searchParams.get('sig') ?? '']
    const at = (path: string, query: string) => `${gateway.baseURL}${path}?${query}`
    const flipped = sig.replace(/^./, sig.startsWith('A') ? 'B' : 'A')
    const other = (await postImage(gateway)).body.data[0].url
    const links = [
      at(pathname, ''),
      at(pathname, `exp=${exp}`),
      at(pathname, `sig=${sig}`),
      at(pathname, `exp=${exp}&sig=`),
      at(pathname, `exp=${exp}&sig=${flipped}`),
      at(pathname, `exp=${exp}&sig=${sig}A`),
      at(pathname, `exp=${exp}&sig=${sig.slice(0, -1)}`),
      at(pathname, `exp=${exp + 1}&sig=${sig}`),
      at(pathname, `exp=1e99&sig=${sig}`),
      at(pathname, `exp=${exp}&sig=${sig}&exp=${exp + 1}`),
      at(pathname, `exp[]=${exp}&sig[]=${sig}`),
      at(pathname, `exp=${exp}&sig=${'é'.repeat(sig.length)}`),
      at(new URL(other).pathname, `exp=${exp}&sig=${sig}`),
      at(pathname.replace(/0$/, '1'), `exp=${exp}&sig=${sig}`),
      at(pathname.replace(/0$/, '00'), `exp=${exp}&sig=${sig}`),
      at(pathname.replace(/0$/, '-1'), `exp=${exp}&sig=${sig}`),
      at(pathname.replace(/gen_[^/]+/, '..%2f..%2ffilmgate.db'), `exp=${exp}&sig=${sig}`),
    ]
    const messages = new Set<string>()
    for (const link of links) messages.add(await expectUnavailable(link))
    expect(messages.size).toBe(1)
  })

  it('is the answer once the file has gone, whatever is asked of it', async () => {
    const answer = await postImage(gateway, { prompt: 'a fox [[expired]]' })
    expect(answer.status).toBe(200)
    const [{ url: gone, deletes_at: deletesAt }] = answer.body.data
    expect(Date.parse(deletesAt)).toBeLessThan(Date.now())
    await expectUnavailable(gone)
    await expectUnavailable(gone, { range: 'bytes=0-1' })
    await expectUnavailable(gone, { 'if-none-match': '*' })
  })
})

describe('a link that lasts one second', () => {
  const brief = useGateway({ config: { downloads: { url_seconds: 1 } } })

  it('opens nothing after that, while the generation gives a fresh one', async () => {
    const answer = await postImage(brief)
    const { searchParams } = new URL(answer.body.data[0].url)
    // A stalled generation is the clock: its answer comes when the wait is over, on the server's side.
    const clock = await postImage(
      brief,
      { prompt: 'a fox [[stall]]' },
      { headers: { prefer: 'respond-async' } },
    )
    const read = (id: string, headers = {}) =>
      recordingFetch(`${brief.baseURL}/v2/images/generations/${id}`, {
        headers: { authorization: `Bearer ${brief.key}`, ...headers },
      })
    while (Date.now() / 1000 <= Number(searchParams.get('exp'))) {
      await read(clock.body.id, { prefer: 'wait=1' })
    }
    await expectUnavailable(answer.body.data[0].url)
    const fresh = await (await read(answer.body.id)).json()
    expect((await get({}, 'GET', fresh.data[0].url)).status).toBe(200)
    await recordingFetch(`${brief.baseURL}/v2/images/generations/${clock.body.id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${brief.key}` },
    })
  })
})

describe.each([
  ['shorter', 600, 60],
  ['longer', 60, 600],
])('a link on a server whose files last %s than its links', (_which, linkSeconds, fileSeconds) => {
  const server = useGateway({
    config: {
      downloads: { url_seconds: linkSeconds },
      retention: { files_seconds: fileSeconds },
    },
  })

  it('works as long as was promised, if the file lasts that long, and never longer', async () => {
    const answer = await postImage(server)
    const [{ url: link, deletes_at: deletesAt }] = answer.body.data
    const goneAt = Date.parse(deletesAt) / 1000
    // In whole seconds, and not after the links were made.
    const now = Date.parse(answer.headers.get('date') ?? '') / 1000
    const exp = Number(new URL(link).searchParams.get('exp'))
    if (linkSeconds > fileSeconds) expect(exp).toBe(Math.floor(goneAt))
    else expect(exp).toBeGreaterThan(now + linkSeconds)
    expect(exp).toBeLessThanOrEqual(goneAt)
    const response = await recordingFetch(link)
    const maxAge = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1])
    expect(maxAge).toBeLessThanOrEqual(fileSeconds)
  })
})
