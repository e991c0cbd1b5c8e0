import { describe, expect, it } from 'vitest'
import { operationRows } from '../../packages/server/src/contract/operations.ts'
import { api } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const unknownKey = `sk_live_${'0'.repeat(40)}`
const anyId = `gen_${'0'.repeat(32)}`

const guarded = operationRows
  .filter(({ auth }) => auth === 'key')
  .map(({ method, path }) => [method, path.replace('{id}', anyId)] as const)

describe.each(guarded)('%s %s', (method, path) => {
  const call = (authorization?: string) =>
    api(gateway, method, path, {
      key: null,
      headers: authorization === undefined ? {} : { authorization },
    })

  it('tells a missing, a malformed, an unknown and a revoked key apart', async () => {
    const revoked = await gateway.addTenant()
    await gateway.revoke(revoked.keyId)
    const answers = [
      await call(),
      await call('Bearer sk_live_"cut off'),
      await call(`Bearer ${unknownKey}`),
      await call(`Bearer ${revoked.key}`),
    ]
    for (const answer of answers) {
      expectError(answer, 'invalid_api_key')
      expect(answer.headers.get('x-should-retry')).toBe('false')
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.headers.get('x-generation-id')).toBeNull()
      expect(answer.headers.get('x-billed')).toBeNull()
    }
    const messages = answers.map(({ body }) => body.error.message)
    expect(new Set(messages).size).toBe(4)
    expect(messages[3]).toContain('revoked')
  })
})

describe('the Authorization header', () => {
  const status = async (authorization: string) => {
    const answer = await api(gateway, 'GET', '/v2/models', {
      key: null,
      headers: { authorization },
    })
    return answer.status
  }

  it('takes the word Bearer in any case', async () => {
    expect(await status(`bearer ${gateway.key}`)).toBe(200)
    expect(await status(`BEARER ${gateway.key}`)).toBe(200)
  })

  it.each([
    ['Basic c2tfbGl2ZV8=', /is not of the kind `Bearer`/],
    ['Bearer', /names no key after `Bearer`/],
    ['Bearer ', /names no key after `Bearer`/],
    ['Bearer sk_live_', /does not hold a key of the form/],
    ['Bearer sk_prod_a1b2c3d4a1b2c3d4a1b2c3d4', /does not hold a key of the form/],
    [`Bearer sk_live_${'x'.repeat(15)}`, /does not hold a key of the form/],
    [`Bearer sk_live_${'x'.repeat(16)}`, /does not exist on this server/],
    [`Bearer sk_live_${'x'.repeat(128)}`, /does not exist on this server/],
    [`Bearer sk_live_${'x'.repeat(129)}`, /does not hold a key of the form/],
    [`Bearer ${unknownKey} ${unknownKey}`, /does not hold a key of the form/],
    ['sk_live_a1b2c3d4a1b2c3d4a1b2c3d4', /without the word `Bearer`/],
    [' ', /No API key was provided/],
  ])('of %j is refused for what it lacks', async (authorization, message) => {
    const answer = await api(gateway, 'GET', '/v2/models', {
      key: null,
      headers: { authorization },
    })
    expectError(answer, 'invalid_api_key', { message })
  })

  it('is asked for in 401 alone', async () => {
    const answers = [await api(gateway, 'GET', '/v2/models'), await api(gateway, 'GET', '/nowhere')]
    for (const answer of answers) expect(answer.headers.get('www-authenticate')).toBeNull()
  })

  it('never comes back in an answer', async () => {
    const answer = await api(gateway, 'GET', '/v2/models', { key: unknownKey })
    expect(answer.text).not.toContain(unknownKey)
    expect(JSON.stringify([...answer.headers])).not.toContain(unknownKey)
  })
})
