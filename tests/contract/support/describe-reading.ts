import { describe, expect, it } from 'vitest'
import { api, untilEnded } from '../../support/api.ts'
import { expectError } from './expect-error.ts'
import { cancel, pathOf, start, type Kind } from './generation-kind.ts'
import { useGateway } from './use-gateway.ts'

/** What reading a generation guarantees, for either kind. */
export function describeReading(kind: Kind): void {
  const gateway = useGateway()
  const read = (id: string, options: Parameters<typeof api>[3] = {}) =>
    api(gateway, 'GET', pathOf(kind, id), options)

  describe(`a pending ${kind}`, () => {
    it('is answered at once, with a hint when to ask again', async () => {
      const { id } = (await start(kind, gateway, { prompt: 'a fox [[stall]]' })).body
      const answer = await read(id)
      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({ id, status: 'pending' })
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
      expect(answer.headers.get('x-generation-id')).toBe(id)
      expect(answer.headers.get('x-billed')).toBe('false')
      expect(answer.headers.get('preference-applied')).toBeNull()
      await cancel(kind, gateway, id)
    })

    it('is answered as pending when the wait that was asked for is over', async () => {
      const { id } = (await start(kind, gateway, { prompt: 'a fox [[stall]]' })).body
      const answer = await read(id, { headers: { prefer: 'wait=1' } })
      expect(answer.body.status).toBe('pending')
      expect(answer.headers.get('preference-applied')).toBe('wait=1')
      await cancel(kind, gateway, id)
    })

    it('holds an answer with Prefer: wait until the end, and never past what proxies wait', async () => {
      const { id } = (await start(kind, gateway, { prompt: 'a fox [[delay ms=300]]' })).body
      const answer = await read(id, { headers: { prefer: 'wait=60' } })
      expect(answer.body.status).toBe('completed')
      expect(answer.headers.get('preference-applied')).toBe('wait=50')
    })
  })

  describe(`an ended ${kind}`, () => {
    it('that completed has its outputs, its price and no error', async () => {
      const { id } = (await start(kind, gateway)).body
      const answer = await untilEnded(gateway, id, kind)
      expect(Object.keys(answer.body).toSorted()).toEqual([
        'data',
        'id',
        'model',
        'status',
        'usage',
      ])
      expect(answer.body).toMatchObject({ id, status: 'completed', model: `sandbox-${kind}` })
      expect(answer.body.data).toHaveLength(1)
      expect(answer.headers.get('x-billed')).toBe('true')
      expect(answer.headers.get('retry-after')).toBeNull()
      expect((await read(id)).body).toEqual(answer.body)
    })

    it('that failed is 200 with a complete error object', async () => {
      const { id } = (await start(kind, gateway, { prompt: 'a fox [[server_error]]' })).body
      const answer = await untilEnded(gateway, id, kind)
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({
        id,
        status: 'failed',
        error: {
          message: expect.stringContaining(id),
          type: 'invalid_request_error',
          param: null,
          code: 'server_error',
          doc_url: `${gateway.baseURL}/docs/errors/server_error`,
        },
      })
      expect(answer.headers.get('x-billed')).toBe('false')
      expect(answer.headers.get('x-should-retry')).toBe('true')
    })

    it('that failed says so where another one would fail too', async () => {
      const prompt = 'a fox [[content_policy_violation]]'
      const { headers } = await start(kind, gateway, { prompt })
      const answer = await untilEnded(gateway, headers.get('x-generation-id') ?? '', kind)
      expect(answer.body.status).toBe('failed')
      expect(answer.headers.get('x-should-retry')).toBe('false')
    })
  })

  describe('not_found', () => {
    it('is the same answer for a stranger, for another mode, for the other kind and for an id that never was', async () => {
      const { id } = (await start(kind, gateway, { prompt: 'a fox [[stall]]' })).body
      const stranger = await gateway.addTenant()
      const other = kind === 'image' ? 'video' : 'image'
      const never = await read('gen_0198c6a2f4b07c3e9a51d2e6b8f01234')
      expectError(never, 'not_found', { param: 'id' })
      // The two likeliest causes, for whoever was about to throw the id away.
      expect(never.body.error.message).toMatch(/test keys and live keys see only .* their own kind/)
      expect(never.body.error.message).toContain(`/v2/${other}s/generations`)
      const answers = [
        await read(id, { key: stranger.key }),
        await read(id, { key: gateway.testKey }),
      ]
      for (const answer of answers) {
        expect(answer.text).toBe(never.text)
        expect(comparable(answer.headers)).toEqual(comparable(never.headers))
      }
      const wrongKind = await api(gateway, 'GET', pathOf(other, id))
      expectError(wrongKind, 'not_found', { param: 'id' })
      expect(wrongKind.headers.get('x-generation-id')).toBeNull()
      await cancel(kind, gateway, id)
    })

    it.each([
      ['gen_1'],
      ['x'],
      ['gen_0198C6A2F4B07C3E9A51D2E6B8F01234'],
      ['%F0%9F%A6%8A'],
      ['..%2f..%2fetc'],
    ])('is the answer to the id %s', async (id) => {
      expectError(await read(id), 'not_found', { param: 'id' })
    })

    it('is the answer to other methods, and the message names those there are', async () => {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS']) {
        const answer = await api(gateway, method, pathOf(kind, `gen_${'0'.repeat(32)}`))
        expectError(answer, 'not_found', { message: /GET/ })
      }
    })
  })
}

/** Headers without what differs from answer to answer by design. */
function comparable(headers: Headers): Record<string, string> {
  const { date: _date, 'x-request-id': _id, ...rest } = Object.fromEntries(headers)
  return rest
}
