import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyScopes, operationRows } from '../../packages/server/src/contract/operations.ts'
import { api, postImage } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import type { Tenant } from './support/operator.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const anyId = `gen_${'0'.repeat(32)}`
const guarded = operationRows.filter((row) => row.auth === 'key')

let owner: Tenant
beforeAll(async () => {
  owner = await gateway.addTenant({ balanceUsd: 10 })
})

describe.each(keyScopes)('a key with the scope %s alone', (scope) => {
  it.each(guarded.map(({ method, path, scopes }) => [method, path, scopes] as const))(
    '%s %s: does what its scope allows, and is told the scope that the rest needs',
    async (method, path, scopes) => {
      const { key } = await gateway.addKey(owner.name, { scopes: [scope] })
      const answer = await api(gateway, method, path.replace('{id}', anyId), { key })
      if (scopes.includes(scope)) {
        expect(answer.status).not.toBe(401)
        return
      }
      expectError(answer, 'invalid_api_key', {
        message: `This API key has the scope \`${scope}\`, and this request needs \`${scopes[0]}\`.`,
      })
    },
  )
})

it('a key that generates alone can follow to its end what it made, and cancel it', async () => {
  const { key } = await gateway.addKey(owner.name, { scopes: ['generate'] })
  const own = { baseURL: gateway.baseURL, key }
  const { body } = await postImage(
    own,
    { prompt: 'a fox [[stall]]' },
    { headers: { prefer: 'respond-async' } },
  )
  const path = `/v2/images/generations/${body.id}`
  expect((await api(own, 'POST', `${path}/cancel`)).status).toBe(200)
  expect((await api(own, 'GET', path)).body).toMatchObject({ id: body.id, status: 'failed' })
})

describe('a key that has expired', () => {
  it.each(guarded.map(({ method, path }) => [method, path] as const))(
    '%s %s: is refused with the date, unlike one that expires later',
    async (method, path) => {
      const call = (key: string) => api(gateway, method, path.replace('{id}', anyId), { key })
      const expired = await gateway.addKey(owner.name, { expiresAt: Date.UTC(2026, 0, 31) })
      expectError(await call(expired.key), 'invalid_api_key', {
        message: /expired at 2026-01-31T00:00:00\.000Z/,
      })
      const later = await gateway.addKey(owner.name, { expiresAt: Date.now() + 3_600_000 })
      expect((await call(later.key)).status).not.toBe(401)
    },
  )
})

describe('a budget', () => {
  afterAll(async () => {
    expect(await gateway.inFlight(owner.name)).toBe(0)
  })

  it('of a key for 7 images lets exactly 7 of 50 at once through; other keys go on', async () => {
    const { key, keyId } = await gateway.addKey(owner.name, {})
    await gateway.setBudget(keyId, { dayMicros: 79_999 })
    const own = { baseURL: gateway.baseURL, key }
    const answers = await Promise.all(Array.from({ length: 50 }, () => postImage(own)))
    const refused = answers.filter(({ status }) => status !== 200)
    expect(refused).toHaveLength(43)
    for (const answer of [...refused, await postImage(own, { dry_run: true })]) {
      expectError(answer, 'quota_exceeded', {
        message: /costs \$0\.01, and the budget of this key is \$0\.079999 a day .*keys set key_/,
      })
      expect(answer.headers.get('x-should-retry')).toBe('false')
      expect(answer.headers.get('x-generation-id')).toBeNull()
    }
    expect((await postImage(owner)).status).toBe(200)
  })

  it('of a workspace holds for all its keys, and not for test keys', async () => {
    const tenant = await gateway.addTenant({ balanceUsd: 1 })
    const other = await gateway.addKey(tenant.name, {})
    await gateway.setBudget(tenant.name, { monthMicros: 20_000 })
    expect((await postImage(tenant)).status).toBe(200)
    expect((await postImage(tenant, {}, { key: other.key })).status).toBe(200)
    for (const key of [tenant.key, other.key]) {
      const nextMonth =
        /of this workspace is \$0\.02 a month \(UTC\), of which \$0\.02 is spent and \$0\.00 held .* The next month begins at \d{4}-\d\d-01T00:00:00\.000Z/
      expectError(await postImage(tenant, {}, { key }), 'quota_exceeded', { message: nextMonth })
    }
    expect((await postImage(tenant, {}, { key: tenant.testKey })).status).toBe(200)
    expect(await gateway.accountOf(tenant.name)).toEqual({ balance: 0.98, held: 0 })
  })

  it('gets back what a generation that failed held', async () => {
    const { key, keyId } = await gateway.addKey(owner.name, {})
    await gateway.setBudget(keyId, { dayMicros: 10_000 })
    const own = { baseURL: gateway.baseURL, key }
    const failing = await postImage(own, { prompt: 'a fox [[server_error]]' })
    expect(failing.status).toBe(500)
    expect((await postImage(own)).status).toBe(200)
    expect((await postImage(own)).status).toBe(402)
  })
})
