import { describe, expect, it } from 'vitest'
import { api, postImage, postVideo } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const day = 86_400_000
const costs = (start: string, end: string, caller: Parameters<typeof api>[0] = gateway) =>
  api(
    caller,
    'GET',
    `/v2/billing/costs?start=${encodeURIComponent(start)}&end=${encodeURIComponent(end)}`,
  )
const dateOf = (instant: number) => new Date(instant).toISOString().slice(0, 10)

describe('the costs', () => {
  it('are what completed generations cost, one bucket for each UTC date', async () => {
    const owner = await gateway.addTenant({ balanceUsd: 1 })
    await postImage(owner, { resolution: '2K' })
    await postVideo(owner, { duration: 2 }, { headers: { prefer: 'wait=60' } })
    await postImage(owner, { prompt: 'a fox [[server_error]]' })
    await postImage(owner, {}, { key: owner.testKey })
    // Midnight may pass meanwhile, so both of its sides are asked for.
    const now = Date.now()
    const [start, end] = [new Date(now - day).toISOString(), new Date(now + day).toISOString()]
    const { status, body } = await costs(start, end, owner)
    expect(status).toBe(200)
    expect(body).toMatchObject({ currency: 'USD', start, end, total_cost: 0.06 })
    expect(body.data.map(({ date }: { date: string }) => date)).toEqual([
      dateOf(now - day),
      dateOf(now),
      dateOf(now + day),
    ])
    const sum = body.data.reduce((total: number, { cost }: { cost: number }) => total + cost, 0)
    expect(sum).toBeCloseTo(0.06, 9)
    const stranger = await gateway.addTenant()
    expect((await costs(start, end, stranger)).body.total_cost).toBe(0)
  })

  it('count from start, included, to end, excluded', async () => {
    const { body } = await costs('2026-03-01T00:00:00Z', '2026-03-03T00:00:00Z')
    expect(body.data).toEqual([
      { date: '2026-03-01', cost: 0 },
      { date: '2026-03-02', cost: 0 },
    ])
    const part = await costs('2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00.001Z')
    expect(part.body.data).toHaveLength(2)
  })

  it('take any zone, a plus sign that was not encoded included', async () => {
    const { body } = await costs('2026-03-01T00:30:00+01:00', '2026-03-02T00:00:00Z')
    expect(body.start).toBe('2026-02-28T23:30:00.000Z')
    expect(body.data).toHaveLength(2)
    const plain = await api(
      gateway,
      'GET',
      '/v2/billing/costs?start=2026-03-01T00:30:00+01:00&end=2026-03-02T00:00:00Z',
    )
    expect(plain.body).toEqual(body)
  })

  it('cover 180 days at most, leap days included', async () => {
    const start = '2028-01-01T00:00:00Z'
    const { body } = await costs(start, '2028-06-29T00:00:00Z')
    expect(body.data).toHaveLength(180)
    expect(body.data[59].date).toBe('2028-02-29')
    const refused = await costs(start, '2028-06-29T00:00:01Z')
    expectError(refused, 'invalid_parameter', { param: 'end', message: /180 days/ })
  })
})

describe('refused', () => {
  it.each([
    ['', 'start'],
    ['?end=2026-03-02T00:00:00Z', 'start'],
    ['?start=2026-03-02T00:00:00Z', 'end'],
  ])('parameter_missing for %s, and param is %s', async (query, param) => {
    const answer = await api(gateway, 'GET', `/v2/billing/costs${query}`)
    expectError(answer, 'parameter_missing', { param })
  })

  it.each([
    ['2026-03-01', '2026-03-02T00:00:00Z', 'start'],
    ['2026-03-01T00:00:00', '2026-03-02T00:00:00Z', 'start'],
    ['2026-03-01T00:00:00Z', 'tomorrow', 'end'],
    ['2026-03-01T00:00:00Z', '1772409600000', 'end'],
    ['2026-02-30T00:00:00Z', '2026-03-02T00:00:00Z', 'start'],
    ['2026-13-01T00:00:00Z', '2026-03-02T00:00:00Z', 'start'],
    ['2026-03-01T25:00:00Z', '2026-03-02T00:00:00Z', 'start'],
    ['2026-03-01T00:00:00+99:99', '2026-03-02T00:00:00Z', 'start'],
    ['2026-03-02T00:00:00Z', '2026-03-01T00:00:00Z', 'end'],
    ['2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z', 'end'],
    ['', '2026-03-02T00:00:00Z', 'start'],
  ])('invalid_parameter for %s to %s, and param is %s', async (start, end, param) => {
    expectError(await costs(start, end), 'invalid_parameter', { param })
  })

  it.each([
    ['9999-12-31T23:59:59-12:00', '9999-12-31T23:59:59Z', 'start'],
    ['9999-12-31T00:00:00Z', '9999-12-31T23:59:59-12:00', 'end'],
    ['0000-06-01T00:00:00Z', '0001-02-01T00:00:00Z', 'start'],
    ['0001-01-01T00:00:00+01:00', '0001-02-01T00:00:00Z', 'start'],
  ])('invalid_parameter for %s to %s, outside the years 1 to 9999', async (start, end, param) => {
    expectError(await costs(start, end), 'invalid_parameter', { param, message: /years 1 to 9999/ })
  })

  it('nothing at the very ends of those years', async () => {
    const last = await costs('9999-12-31T00:00:00Z', '9999-12-31T23:59:59.999Z')
    expect(last.body.data).toEqual([{ date: '9999-12-31', cost: 0 }])
    const first = await costs('0001-01-01T00:00:00Z', '0001-01-02T00:00:00Z')
    expect(first.body.data).toEqual([{ date: '0001-01-01', cost: 0 }])
  })

  it('invalid_parameter for a parameter that is given twice or is unknown', async () => {
    const range = 'start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z'
    const twice = await api(gateway, 'GET', `/v2/billing/costs?${range}&${range}`)
    expectError(twice, 'invalid_parameter', { param: 'start' })
    const unknown = await api(gateway, 'GET', `/v2/billing/costs?${range}&group_by=model`)
    expectError(unknown, 'invalid_parameter', { param: 'group_by' })
  })
})
