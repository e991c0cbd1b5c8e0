import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Filmgate, isFilmgateError } from '../../packages/client/src/index.ts'
import { runCli, startGateway, temporaryFolder, type TestGateway } from '../support/gateway.ts'

const pages = ['/', '/docs', '/docs/models', '/docs/errors', '/docs/errors/rate_limit']
const publicUrl = 'https://films.example/films'

describe('a public address with a path', () => {
  let gateway: TestGateway

  beforeAll(async () => {
    gateway = await startGateway({ env: { FILMGATE_PUBLIC_URL: `${publicUrl}/` } })
  })
  afterAll(() => gateway?.stop())

  test.each(pages)('every link of %s stays below it and leads somewhere', async (path) => {
    const page = await read(path)
    const links = [...page.matchAll(/href="(\/[^"#]*)/g)].map(([, link]) => link ?? '')
    expect(links.length).toBeGreaterThan(3)
    for (const link of new Set(links)) {
      expect(link).toMatch(/^\/films(\/|$)/)
      // As the browser asks the proxy, and as a proxy that takes the path off asks the gateway.
      for (const asked of [link, link.slice('/films'.length)]) {
        const answer = await fetch(gateway.baseURL + asked)
        expect(answer.status, asked).toBe(200)
        await answer.body?.cancel()
      }
    }
  })

  test('download links, docs links and the OpenAPI document begin with it', async () => {
    const filmgate = clientAt(gateway.baseURL)
    const image = await filmgate.images.generate({ model: 'sandbox-image', prompt: 'a red fox' })
    expect(image.data[0]?.url).toMatch(/^https:\/\/films\.example\/films\/v2\/downloads\/gen_/)
    const refusal = await filmgate.models.list({ type: 'audio' as 'image' }).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    )
    expect(isFilmgateError(refusal) && refusal.docUrl).toBe(
      `${publicUrl}/docs/errors/invalid_parameter`,
    )
    expect(JSON.parse(await read('/openapi.json')).servers).toEqual([{ url: publicUrl }])
  })

  test('the API answers with the path and without it', async () => {
    for (const baseURL of [gateway.baseURL, `${gateway.baseURL}/films`]) {
      const filmgate = clientAt(baseURL)
      const image = await filmgate.images.generate({ model: 'sandbox-image', prompt: 'a red fox' })
      const link = (image.data[0]?.url ?? '').replace(publicUrl, baseURL)
      expect((await fetch(link)).headers.get('content-type')).toBe('image/jpeg')
    }
  })

  test.each(['/filmsx/docs', '/films/films/docs', '/film', '/films//docs'])(
    '%s is not found, with the reference of this server in its message',
    async (path) => {
      const answer = await fetch(gateway.baseURL + path)
      expect(answer.status).toBe(404)
      // The error body is checked by its parts where answers are; here only the link is ours.
      const { error } = (await answer.json()) as { error: { message: string; doc_url: string } }
      expect(error.doc_url).toBe(`${publicUrl}/docs/errors/not_found`)
      expect(error.message).toContain(`${publicUrl}/docs `)
    },
  )

  const clientAt = (baseURL: string) => new Filmgate({ baseURL, apiKey: gateway.testKey })
  const read = async (path: string) => (await fetch(gateway.baseURL + path)).text()
})

describe('at the start', () => {
  test.each(['', 'films.example', 'https://anna:pw@films.example', 'https://films.example/v2'])(
    'the public address %j is refused, from the environment and from the file',
    async (address) => {
      const folder = temporaryFolder()
      const env = { FILMGATE_PUBLIC_URL: address }
      const refused = await runCli(['serve', '--data', join(folder, 'data')], { env, cwd: folder })
      expect(refused.code).toBe(1)
      expect(refused.stderr).toMatch(/^filmgate: FILMGATE_PUBLIC_URL [^\n]+\n$/)

      writeFileSync(join(folder, 'own.json'), JSON.stringify({ public_url: address }))
      const checked = await runCli(['config', 'check', 'own.json'], { cwd: folder })
      expect(checked.code).toBe(1)
      expect(checked.stderr).toMatch(/^filmgate: public_url in own\.json [^\n]+\n$/)
    },
  )

  test.each([
    [
      '0.0.0.0',
      {},
      /listening on 0\.0\.0\.0 .*http:\/\/localhost:\d+, which other machines cannot/,
    ],
    ['::', {}, /listening on :: .*FILMGATE_PUBLIC_URL/],
    ['127.0.0.1', {}, undefined],
    ['localhost', {}, undefined],
    ['0.0.0.0', { FILMGATE_PUBLIC_URL: publicUrl }, undefined],
    [
      '0.0.0.0',
      { FILMGATE_PUBLIC_URL: 'http://127.0.0.1:4700' },
      /listening on 0\.0\.0\.0 .*http:\/\/127\.0\.0\.1:4700, which other machines cannot/,
    ],
    ['127.0.0.1', { FILMGATE_PUBLIC_URL: 'http://localhost:4700' }, undefined],
  ])('--host %s with %j warns where links would be of no use', async (host, env, sentence) => {
    const gateway = await startGateway({ args: ['--host', host], env })
    onTestFinished(() => gateway.stop())
    const warnings = gateway.log.filter((line) => line.includes('warning'))
    if (sentence === undefined) expect(warnings).toEqual([])
    else expect(warnings).toEqual([expect.stringMatching(sentence)])
  })
})
