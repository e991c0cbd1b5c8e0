/** What is kept of a judgement: why, never what was judged. */
import { afterAll, describe, expect, it } from 'vitest'
import { cancel, start } from '../../contract/support/generation-kind.ts'
import { useGateway } from '../../contract/support/use-gateway.ts'
import { postImage, postVideo, untilEnded } from '../../support/api.ts'
import { runCli } from '../../support/gateway.ts'
import { startCheckService } from '../support/check-service.ts'
import { green, magenta, solid, toDataUrl } from './support/colours.ts'
import { readRows } from './support/database-rows.ts'
import { startClassifier } from './support/judge.ts'
import { operate } from './support/operator-commands.ts'
import { setPolicy } from './support/set-policy.ts'

const classifier = await startClassifier()
/** Answers with what it was asked, which is not its protocol. */
const parrot = await startCheckService((response, body) =>
  response.writeHead(200).end((body as { text?: string }).text ?? 'a picture'),
)
afterAll(() => Promise.all([classifier.close(), parrot.close()]))

const safety = {
  http_classifiers: [
    { name: 'own', url: classifier.url },
    { name: 'parrot', url: parrot.url },
  ],
}
const gateway = useGateway({ config: { safety } })
const keeping = useGateway({ config: { retention: { prompts: true } } })

const images = [await solid(green), await solid(magenta)].map((picture) => ({
  url: toDataUrl(picture),
  role: 'reference_image',
}))

/** A prompt of which no part can be found by accident. */
const secret = 'quixotic marmalade semaphore'

async function tenantWith(...checks: string[]) {
  const tenant = await gateway.addTenant({ balanceUsd: 1 })
  await setPolicy(gateway, tenant.name, { checks })
  return tenant
}

describe('the audit trail', () => {
  it('of a refused prompt has the category, the score and the rule', async () => {
    const prompt = `${secret}, a nude woman on a sofa`
    const answer = await postImage(await tenantWith('prompt-rules', 'own'), { prompt })
    const id = answer.headers.get('x-generation-id') ?? ''
    const { verdicts } = await operate(gateway, 'generations', 'show', id)
    expect(verdicts).toEqual([
      {
        stage: 'prompt',
        check: 'prompt-rules',
        category: 'sexual',
        score: expect.any(Number),
        rule: expect.stringMatching(/^[a-z -]+$/),
        refused: true,
        at: expect.any(Number),
      },
    ])
    expect(verdicts[0].score).toBeGreaterThanOrEqual(0.8)
  })

  it('of pictures has a line for each, with its place in the request', async () => {
    const answer = await postImage(await tenantWith('prompt-rules', 'own'), { images })
    const id = answer.headers.get('x-generation-id') ?? ''
    const { verdicts } = await operate(gateway, 'generations', 'show', id)
    const own = { check: 'own', rule: null, at: expect.any(Number) }
    const none = { category: 'none', score: 0, refused: false }
    const flagged = { category: 'violence', score: 0.97, refused: true }
    expect(verdicts).toEqual([
      { ...own, ...none, stage: 'prompt', check: 'prompt-rules' },
      { ...own, ...none, stage: 'prompt' },
      { ...own, ...none, stage: 'image', imageIndex: 0 },
      { ...own, ...flagged, stage: 'image', imageIndex: 1 },
    ])
  })

  it('is readable, and neither it nor the log has a word of the prompt or a byte of the picture', async () => {
    const tenant = await tenantWith('own', 'parrot')
    await setPolicy(gateway, tenant.name, { checks: ['own', 'parrot'], onFailure: 'open' })
    const image = images.slice(0, 1)
    const open = await postImage(tenant, { prompt: secret, images: image })
    expect(open.status).toBe(200)
    await setPolicy(gateway, tenant.name, { checks: ['own', 'parrot'], onFailure: 'closed' })
    const closed = await postImage(tenant, { prompt: secret, images: image })
    expect(closed.status).toBe(500)
    const ids = [open, closed].map(({ headers }) => headers.get('x-generation-id') ?? '')
    const shown = await Promise.all(
      ids.flatMap((id) =>
        [[], ['--json']].map((flags) =>
          runCli(['generations', 'show', id, ...flags, '--data', gateway.dataDir]),
        ),
      ),
    )
    expect(shown[0]?.stdout).toMatch(/check +prompt by parrot: unavailable 0 by .*JSON/)
    const base64 = image[0]?.url.slice(30, 60) ?? ''
    for (const text of [...shown.map(({ stdout }) => stdout), gateway.log.join('\n')]) {
      for (const word of secret.split(' ')) expect(text).not.toContain(word)
      expect(text).not.toContain(base64)
    }
    expect(gateway.log.some((line) => line.includes(ids[1] ?? ''))).toBe(true)
  })
})

describe('the prompt', () => {
  const readInputs = (dataDir: string, like = secret) =>
    readRows(dataDir, 'SELECT * FROM generations').filter((row) =>
      JSON.stringify(row).includes(like),
    )

  it('is gone from the record once its generation has ended, however it ended', async () => {
    const tenant = await tenantWith('prompt-rules')
    const { body } = await start('image', tenant, { prompt: `${secret} [[stall]]`, images })
    expect(readInputs(gateway.dataDir)).toHaveLength(1)
    await cancel('image', tenant, body.id)
    const ends = await Promise.all([
      untilEnded(tenant, body.id, 'image', tenant.key),
      postImage(tenant, { prompt: `${secret} completed`, images: images.slice(0, 1) }),
      postImage(tenant, { prompt: `${secret}, a nude woman`, images }),
      postImage(tenant, { prompt: `${secret} [[server_error]]` }),
      postImage(tenant, { prompt: secret, images: [{ url: 'http://10.0.0.1/marmalade.png' }] }),
      postVideo(tenant, { prompt: `${secret} [[content_policy_violation]]` }).then((posted) =>
        untilEnded(tenant, posted.body.id, 'video', tenant.key),
      ),
    ])
    expect(ends.map(({ body: end }) => end.error?.code ?? end.status)).toEqual([
      'server_error',
      'completed',
      'content_policy_violation',
      'server_error',
      'invalid_parameter',
      'content_policy_violation',
    ])
    expect(readInputs(gateway.dataDir)).toEqual([])
    expect(readInputs(gateway.dataDir, 'marmalade')).toEqual([])
    expect(readInputs(gateway.dataDir, images[0]?.url.slice(30, 60))).toEqual([])
  })

  it('stays where the operator keeps prompts, and still not in the trail', async () => {
    const made = await postImage(keeping, { prompt: secret })
    const refused = await postImage(keeping, { prompt: `${secret}, a nude woman` })
    expect([made.status, refused.status]).toEqual([200, 422])
    expect(readInputs(keeping.dataDir)).toHaveLength(2)
    const trail = JSON.stringify(readRows(keeping.dataDir, 'SELECT * FROM safety_verdicts'))
    expect(trail).toContain('sexual')
    for (const word of secret.split(' ')) expect(trail).not.toContain(word)
  })
})
