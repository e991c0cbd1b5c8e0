/** What the checks refuse: told with the id, paid for by nobody, sent to no upstream. */
import { afterAll, describe, expect, it } from 'vitest'
import { expectError } from '../../contract/support/expect-error.ts'
import { cancel, start, type Kind } from '../../contract/support/generation-kind.ts'
import { useGateway } from '../../contract/support/use-gateway.ts'
import { api, postImage, postVideo } from '../../support/api.ts'
import { startPictureHost } from '../support/picture-host.ts'
import { green, magenta, solid, toDataUrl } from './support/colours.ts'
import { countJobs, readRows } from './support/database-rows.ts'
import { addTenant, expectRefused } from './support/expect-refused.ts'
import { forbiddenWord, startClassifier, startModerations } from './support/judge.ts'
import { operate } from './support/operator-commands.ts'
import { setPolicy } from './support/set-policy.ts'

const classifier = await startClassifier()
const moderations = await startModerations()
const host = await startPictureHost({
  '/green.png': (_request, response) =>
    void solid(green).then((picture) => response.writeHead(200).end(picture)),
})
afterAll(() => Promise.all([classifier.close(), moderations.close(), host.close()]))

const gateway = useGateway({
  config: {
    safety: {
      http_classifiers: [{ name: 'own', url: classifier.url, api_key: { env: 'OWN_KEY' } }],
      moderation_endpoints: [{ name: 'endpoint', url: moderations.url, model: 'any-1' }],
      reference_images: { allow_hosts: [`127.0.0.1:${host.port}`] },
    },
  },
  env: { OWN_KEY: 'secret-of-the-operator' },
})

const good = { url: toDataUrl(await solid(green)), role: 'reference_image' }
const bad = { url: toDataUrl(await solid(magenta)), role: 'reference_image' }
const unsafePrompt = 'a nude woman on a sofa'

/** How a prompt or picture is refused by each kind of service on its own. */
const judges = ['own', 'endpoint'] as const

describe.each<Kind>(['image', 'video'])('a %s', (kind) => {
  const post = kind === 'image' ? postImage : postVideo

  it('whose prompt the word rules refuse is 422 before anything else was asked or fetched', async () => {
    const tenant = await addTenant(gateway)
    const [asked, fetched] = [classifier.asked.length, host.requests.length]
    const images = [{ ...good, url: `http://127.0.0.1:${host.port}/green.png` }]
    const answer = await post(tenant, { prompt: unsafePrompt, images })
    await expectRefused(gateway, tenant, answer, 'content_policy_violation', {
      param: 'prompt',
      message: /sexual content/,
    })
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(classifier.asked).toHaveLength(asked)
    expect(host.requests).toHaveLength(fetched)
  })

  it.each(judges)('whose prompt or picture only the service %s flags is 422', async (judge) => {
    const tenant = await addTenant(gateway)
    await setPolicy(gateway, tenant.name, { checks: [judge] })
    const worded = await post(tenant, { prompt: `a red ${forbiddenWord}` })
    await expectRefused(gateway, tenant, worded, 'content_policy_violation', { param: 'prompt' })
    const pictured = await post(tenant, { images: [good, bad] })
    await expectRefused(gateway, tenant, pictured, 'content_policy_violation', {
      param: 'images[1].url',
      message: /^The image at images\[1\]\.url .*violence/,
    })
  })

  it('that was refused is read as failed with the same error', async () => {
    const tenant = await addTenant(gateway)
    const answer = await post(tenant, { images: [bad] })
    const id = await expectRefused(gateway, tenant, answer, 'content_policy_violation', {
      param: 'images[0].url',
    })
    const read = await api(tenant, 'GET', `/v2/${kind}s/generations/${id}`)
    expect(read.status).toBe(200)
    expect(read.body).toEqual({ id, status: 'failed', error: answer.body.error })
  })

  it('that was refused is refused again by its key, and no check is asked twice', async () => {
    const tenant = await addTenant(gateway)
    const headers = { 'idempotency-key': 'again' }
    const first = await post(tenant, { images: [bad] }, { headers })
    const id = await expectRefused(gateway, tenant, first, 'content_policy_violation', {
      param: 'images[0].url',
    })
    const asked = classifier.asked.length
    const second = await post(tenant, { images: [bad] }, { headers })
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(second.headers.get('x-generation-id')).toBe(id)
    expect(second.text).toBe(first.text)
    expect(classifier.asked).toHaveLength(asked)
  })

  it('that is only quoted is refused in the same words, and leaves nothing', async () => {
    const tenant = await addTenant(gateway)
    const before = countEverything()
    const body = { images: [good, bad] }
    const quoted = await post(tenant, { ...body, dry_run: true })
    expectError(quoted, 'content_policy_violation', { param: 'images[1].url' })
    expect(quoted.headers.get('x-generation-id')).toBeNull()
    const worded = await post(tenant, { prompt: unsafePrompt, dry_run: true })
    expectError(worded, 'content_policy_violation', { param: 'prompt' })
    const unusable = await post(tenant, {
      images: [{ ...good, url: 'http://10.0.0.1/a.png' }],
      dry_run: true,
    })
    expectError(unusable, 'invalid_parameter', { param: 'images[0].url' })
    expect(countEverything()).toEqual(before)
    expect(await gateway.accountOf(tenant.name)).toEqual({ balance: 1, held: 0 })
    expect((await post(tenant, body)).body).toEqual(quoted.body)
  })

  it('with a picture that cannot be used is 400 that names the picture, and frees its key', async () => {
    const tenant = await addTenant(gateway)
    const headers = { 'idempotency-key': 'unusable' }
    const url = toDataUrl(Buffer.from('<!doctype html><title>log in</title>'))
    const send = () => post(tenant, { images: [good, { ...good, url }] }, { headers })
    const about = { param: 'images[1].url', message: /is not a PNG, JPEG, WebP, GIF or AVIF/ }
    const answer = await send()
    expect(answer.headers.get('x-should-retry')).toBe('false')
    const id = await expectRefused(gateway, tenant, answer, 'invalid_parameter', about)
    const again = await expectRefused(gateway, tenant, await send(), 'invalid_parameter', about)
    expect(again).not.toBe(id)
  })

  it('with a role or number of pictures that its model does not take has no id', async () => {
    const tenant = await addTenant(gateway)
    const role = { ...good, role: kind === 'image' ? 'first_frame' : 'middle_frame' }
    const refused = [
      [await post(tenant, { images: [good, role] }), 'images[1].role'],
      [await post(tenant, { images: Array.from({ length: 9 }, () => good) }), 'images'],
    ] as const
    for (const [answer, param] of refused) {
      expectError(answer, 'invalid_parameter', { param })
      expect(answer.headers.get('x-generation-id')).toBeNull()
    }
    const eight = Array.from({ length: 8 }, () => good)
    const accepted = await start(kind, tenant, { images: eight, prompt: 'a fox [[stall]]' })
    expect(accepted.status).toBe(202)
    await cancel(kind, tenant, accepted.body.id)
  })
})

describe('the roles of a film', () => {
  it('a picture without one is told so', async () => {
    const answer = await postVideo(gateway, { images: [good, { url: good.url }] })
    expectError(answer, 'parameter_missing', { param: 'images[1].role' })
  })

  it.each(['first_frame', 'last_frame'])('there is one %s at most', async (role) => {
    const answer = await postVideo(gateway, {
      images: [
        { ...good, role },
        { ...good, role },
      ],
    })
    expectError(answer, 'invalid_parameter', { param: 'images[1].role' })
  })
})

describe('a data URL', () => {
  it('above the limit of a picture is told the limit, though its body is not too large', async () => {
    const tenant = await addTenant(gateway)
    const url = toDataUrl(Buffer.alloc(20.5 * 1024 * 1024))
    const answer = await postImage(tenant, { images: [{ url }] })
    await expectRefused(gateway, tenant, answer, 'invalid_parameter', {
      param: 'images[0].url',
      message: /is larger than 20 MB/,
    })
  })

  it('of 21 MB makes the body too large, and is told to come as an address', async () => {
    const url = toDataUrl(Buffer.alloc(21 * 1024 * 1024))
    const answer = await postImage(gateway, { images: [{ url }] })
    expectError(answer, 'invalid_parameter', { message: /28 MiB.*as addresses/ })
    expect(answer.headers.get('x-generation-id')).toBeNull()
  })

  it.each([
    ['of SVG', `data:image/svg+xml;base64,${Buffer.from('<svg/>').toString('base64')}`],
    ['of text', 'data:text/plain;base64,aGk='],
    ['without base64', 'data:image/png,abc'],
    ['that is empty', 'data:image/png;base64,'],
    ['that is cut off', good.url.slice(0, 60)],
  ])('%s is refused', async (_what, url) => {
    const tenant = await addTenant(gateway)
    const answer = await postImage(tenant, { images: [{ url }] })
    await expectRefused(gateway, tenant, answer, 'invalid_parameter', { param: 'images[0].url' })
  })

  it('leaves the record of its generation as soon as its bytes are a file', async () => {
    const order = { images: [good], prompt: 'a fox [[stall]]' }
    const { body } = await start('image', gateway, order)
    const [row] = readRows<{ input: string }>(
      gateway.dataDir,
      'SELECT input FROM generations WHERE id = ?',
      body.id,
    )
    expect(JSON.parse(row?.input ?? '').images).toEqual([{ url: 'data:', role: good.role }])
    await cancel('image', gateway, body.id)
  })
})

describe('the services', () => {
  it('get the prompt and a small JPEG, with the key and model that the operator gave', async () => {
    const [own, endpoint] = [classifier.asked.length, moderations.asked.length]
    const answer = await postImage(gateway, { prompt: 'a quiet harbour', images: [good] })
    expect(answer.status).toBe(200)
    expect(classifier.asked.slice(own)).toMatchObject([
      {
        headers: { authorization: 'Bearer secret-of-the-operator' },
        body: { stage: 'prompt', text: 'a quiet harbour' },
      },
      { body: { stage: 'image', image: { mime_type: 'image/jpeg' } } },
    ])
    expect(moderations.asked.slice(endpoint)).toMatchObject([
      { body: { model: 'any-1', input: 'a quiet harbour' } },
      { body: { input: [{ image_url: { url: expect.stringMatching(/^data:image\/jpeg;/) } }] } },
    ])
    expect(countJobs(gateway.dataDir, answer.body.id)).toBe(1)
  })

  it('are not asked for a workspace that has switched prompts and pictures off', async () => {
    const tenant = await addTenant(gateway)
    await setPolicy(gateway, tenant.name, { prompt: false, images: false })
    const asked = classifier.asked.length
    const answer = await postImage(tenant, { prompt: unsafePrompt, images: [bad] })
    expect(answer.status).toBe(200)
    expect(classifier.asked).toHaveLength(asked)
  })

  it('decide by the threshold of the workspace where it has one', async () => {
    const tenant = await addTenant(gateway)
    await operate(gateway, 'safety', 'set', tenant.name, '--threshold', 'violence=0.01')
    const answer = await postImage(tenant, { prompt: 'a quiet harbour' })
    await expectRefused(gateway, tenant, answer, 'content_policy_violation', { param: 'prompt' })
    await setPolicy(gateway, tenant.name, { thresholds: { violence: 1.1 } })
    expect((await postImage(tenant, { images: [bad] })).status).toBe(200)
  })
})

function countEverything(): unknown {
  return readRows(
    gateway.dataDir,
    `SELECT (SELECT count(*) FROM generations) AS generations,
       (SELECT count(*) FROM attempts) AS attempts,
       (SELECT count(*) FROM ledger_entries WHERE kind = 'hold') AS holds,
       (SELECT count(*) FROM safety_verdicts) AS verdicts,
       (SELECT count(*) FROM reference_images) AS images,
       (SELECT count(*) FROM sandbox_jobs) AS jobs`,
  )
}
