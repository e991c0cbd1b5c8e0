/** A service that cannot judge: nothing passes unchecked unless the operator wants it so. */
import { afterAll, describe, expect, it } from 'vitest'
import { expectError } from '../../contract/support/expect-error.ts'
import { start, type Kind } from '../../contract/support/generation-kind.ts'
import { useGateway, type ContractGateway } from '../../contract/support/use-gateway.ts'
import { postImage, postVideo } from '../../support/api.ts'
import { startCheckService } from '../support/check-service.ts'
import { green, solid, toDataUrl } from './support/colours.ts'
import { countJobs, listVerdicts } from './support/database-rows.ts'
import { addTenant, expectRefused } from './support/expect-refused.ts'
import { sendJson } from './support/judge.ts'
import { operate } from './support/operator-commands.ts'
import { setPolicy } from './support/set-policy.ts'

const services = {
  // A port that only the administrator could listen on, and nobody does.
  down: { url: 'http://127.0.0.1:1/', close: () => Promise.resolve() },
  'hangs-up': await startCheckService((response) => response.destroy()),
  slow: await startCheckService(() => undefined),
  failing: await startCheckService((response) => response.writeHead(503).end('{"categories":[]}')),
  html: await startCheckService((response) => response.writeHead(200).end('<h1>Bad Gateway</h1>')),
  'cut-off': await startCheckService((response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"categories":')
    response.destroy()
  }),
  'wrong-form': await startCheckService((response) =>
    sendJson(response, { categories: [{ category: 'violence', score: 7 }] }),
  ),
  redirecting: await startCheckService((response) =>
    response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  ),
}
const names = Object.keys(services)
afterAll(() => Promise.all(Object.values(services).map((service) => service.close())))

const timeoutMs = 300
const configWith = (onFailure: 'open' | 'closed') => ({
  config: {
    safety: {
      on_failure: onFailure,
      http_classifiers: Object.entries(services).map(([name, { url }]) => ({
        name,
        url,
        timeout_ms: timeoutMs,
      })),
    },
  },
})
const closed = useGateway(configWith('closed'))
const open = useGateway(configWith('open'))

const images = [{ url: toDataUrl(await solid(green)), role: 'reference_image' }]
const unavailable = { message: /^A safety check could not be made.*\(gen_\w+, \S+\)$/ }

/** A workspace for which this service judges one stage, and nothing else judges anything. */
async function tenantWith(gateway: ContractGateway, name: string, stage: 'prompt' | 'images') {
  const tenant = await addTenant(gateway)
  const stages = { prompt: stage === 'prompt', images: stage === 'images' }
  await setPolicy(gateway, tenant.name, { ...stages, checks: [name] })
  return tenant
}

describe.each(['prompt', 'images'] as const)('a service for %s', (stage) => {
  it.each(names)(
    'that is %s, closed: a retryable error with the id, nothing charged, nothing sent',
    async (name) => {
      const tenant = await tenantWith(closed, name, stage)
      const headers = { 'idempotency-key': 'same' }
      const startedAt = performance.now()
      const answer = await postImage(tenant, { images }, { headers })
      expect(performance.now() - startedAt).toBeLessThan(timeoutMs + 5000)
      const id = await expectRefused(closed, tenant, answer, 'server_error', unavailable)
      expect(answer.headers.get('x-should-retry')).toBe('true')
      const again = await postImage(tenant, { images }, { headers })
      const next = await expectRefused(closed, tenant, again, 'server_error', unavailable)
      expect(next).not.toBe(id)
      expect(again.headers.get('idempotent-replayed')).toBeNull()
    },
  )

  it.each(names)(
    'that is %s, open: the generation is made, and the trail says so',
    async (name) => {
      const tenant = await tenantWith(open, name, stage)
      const answer = await postImage(tenant, { images })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('x-billed')).toBe('true')
      expect(listVerdicts(open.dataDir, answer.body.id)).toEqual([
        {
          stage: stage === 'prompt' ? 'prompt' : 'image',
          check_name: name,
          category: 'unavailable',
          score: 0,
          refused: 0,
        },
      ])
    },
  )
})

describe.each<Kind>(['image', 'video'])('a %s', (kind) => {
  const post = kind === 'image' ? postImage : postVideo

  it('is refused before its POST is answered, and made by the same key once the operator opens', async () => {
    const tenant = await addTenant(closed)
    await setPolicy(closed, tenant.name, { checks: ['prompt-rules', 'down'] })
    const headers = { 'idempotency-key': 'patient' }
    const answer = await post(tenant, {}, { headers })
    const id = await expectRefused(closed, tenant, answer, 'server_error', unavailable)
    await operate(closed, 'safety', 'set', tenant.name, '--on-failure', 'open')
    const made = await post(tenant, {}, { headers })
    expect(made.status).toBe(kind === 'image' ? 200 : 202)
    expect(made.body.id).not.toBe(id)
    if (kind === 'image') expect(countJobs(closed.dataDir, made.body.id)).toBe(1)
    const refused = await post(tenant, { prompt: 'a nude woman on a sofa' })
    expect(refused.status).toBe(422)
  })

  it('is refused where a workspace closes what the server leaves open', async () => {
    const tenant = await tenantWith(open, 'down', 'prompt')
    expect((await start(kind, tenant, { prompt: 'a fox [[server_error]]' })).status).toBe(202)
    const own = await addTenant(open)
    await setPolicy(open, own.name, { checks: ['down'], onFailure: 'closed' })
    await expectRefused(open, own, await post(own), 'server_error', unavailable)
  })
})

it('what the operator sets for a workspace adds up, is shown, and is gone after a reset', async () => {
  const tenant = await addTenant(closed)
  const set = (...flags: string[]) => operate(closed, 'safety', 'set', tenant.name, ...flags)
  await set('--checks', 'prompt-rules,down', '--on-failure', 'open')
  await set('--threshold', 'violence=0.5', '--threshold', 'down:sexual=0.2')
  expect((await postImage(tenant)).status).toBe(200)
  expect(await operate(closed, 'safety', 'show', tenant.name)).toEqual({
    checks: ['prompt-rules', 'down'],
    onFailure: 'open',
    thresholds: { violence: 0.5, 'down:sexual': 0.2 },
  })
  await set('--reset')
  expectError(await postImage(tenant), 'server_error', unavailable)
})

it('a check that nobody configured counts as one that is down', async () => {
  const tenant = await tenantWith(closed, 'forgotten', 'prompt')
  const answer = await postImage(tenant)
  await expectRefused(closed, tenant, answer, 'server_error', unavailable)
})

it('a refusal stands, whichever other checks are down', async () => {
  const tenant = await addTenant(closed)
  const answer = await postImage(tenant, { prompt: 'a nude woman on a sofa' })
  await expectRefused(closed, tenant, answer, 'content_policy_violation', { param: 'prompt' })
})
