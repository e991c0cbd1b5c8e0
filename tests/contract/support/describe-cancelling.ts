import { describe, expect, it } from 'vitest'
import { api, untilEnded } from '../../support/api.ts'
import { expectError } from './expect-error.ts'
import { cancel, pathOf, start, type Kind } from './generation-kind.ts'
import { useGateway } from './use-gateway.ts'

/** What cancelling guarantees, for either kind. */
export function describeCancelling(kind: Kind): void {
  const gateway = useGateway()

  describe(`a running ${kind}`, () => {
    it('ends as failed at no cost, and its hold and slot are free again', async () => {
      const owner = await gateway.addTenant({ balanceUsd: 1, concurrency: 1 })
      const { id } = (await start(kind, owner, { prompt: 'a fox [[stall]]' })).body
      expect((await gateway.accountOf(owner.name)).held).toBeGreaterThan(0)
      expectError(await start(kind, owner), 'rate_limit', { message: /in flight/ })
      const answer = await cancel(kind, owner, id)
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({ id, status: 'failed', cancellation: 'cancelled' })
      expect(answer.headers.get('x-generation-id')).toBe(id)
      expect(answer.headers.get('x-billed')).toBe('false')
      const read = await untilEnded(owner, id, kind, owner.key)
      expect(read.body.error).toMatchObject({
        code: 'server_error',
        message: expect.stringContaining('cancelled'),
      })
      expect(await gateway.accountOf(owner.name)).toEqual({ balance: 1, held: 0 })
      expect(await gateway.inFlight(owner.name)).toBe(0)
      expect((await start(kind, owner)).status).toBe(202)
    })

    it('ends for everybody who waits for it', async () => {
      const { id } = (await start(kind, gateway, { prompt: 'a fox [[stall]]' })).body
      const waiting = untilEnded(gateway, id, kind)
      await cancel(kind, gateway, id)
      expect((await waiting).body.status).toBe('failed')
    })

    it('is cancelled once, however many ask', async () => {
      const { id } = (await start(kind, gateway, { prompt: 'a fox [[stall]]' })).body
      const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(kind, gateway, id)))
      for (const answer of answers) {
        expect(answer.body).toEqual({ id, status: 'failed', cancellation: 'cancelled' })
      }
    })
  })

  it('too_late is the answer once it has ended, and changes nothing', async () => {
    const { id } = (await start(kind, gateway)).body
    const ended = await untilEnded(gateway, id, kind)
    const answer = await cancel(kind, gateway, id)
    expect(answer.body).toEqual({ id, status: 'completed', cancellation: 'too_late' })
    expect(answer.headers.get('x-billed')).toBe('true')
    expect((await untilEnded(gateway, id, kind)).body).toEqual(ended.body)
  })

  it("not_found is the answer for a stranger's id, exactly as for one that never was", async () => {
    const { id } = (await start(kind, gateway, { prompt: 'a fox [[stall]]' })).body
    const stranger = await gateway.addTenant()
    const never = await cancel(kind, gateway, `gen_${'0'.repeat(32)}`)
    expectError(never, 'not_found', { param: 'id' })
    expect((await cancel(kind, stranger, id)).text).toBe(never.text)
    const still = await api(gateway, 'GET', pathOf(kind, id))
    expect(still.body.status).toBe('pending')
    await cancel(kind, gateway, id)
  })
}
