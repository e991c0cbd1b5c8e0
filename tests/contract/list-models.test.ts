import { describe, expect, it } from 'vitest'
import { api, postImage, postVideo } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const list = async (query = '') => (await api(gateway, 'GET', `/v2/models${query}`)).body

describe('the models', () => {
  it('are a bare array with what each can do and what it costs', async () => {
    const answer = await api(gateway, 'GET', '/v2/models')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-ratelimit-limit')).toBeNull()
    expect(answer.body.map(({ id, type }: Record<string, string>) => [id, type])).toEqual([
      ['sandbox-image', 'image'],
      ['sandbox-video', 'video'],
    ])
  })

  it.each(['image', 'video'])('can be narrowed to type %s', async (type) => {
    const models = await list(`?type=${type}`)
    expect(models.map(({ id }: Record<string, string>) => id)).toEqual([`sandbox-${type}`])
  })

  it('are the table that requests are checked against, defaults first', async () => {
    for (const { id, type, capabilities, pricing } of await list()) {
      const quote = (body: object) =>
        (type === 'image' ? postImage : postVideo)(gateway, { model: id, dry_run: true, ...body })
      for (const resolution of capabilities.resolutions) {
        const { body } = await quote({ resolution })
        expect(body.usage.unit_price).toBe(pricing.unit_prices[resolution])
        expect(body.usage.billable_unit).toBe(pricing.billable_unit)
      }
      for (const aspectRatio of capabilities.aspect_ratios) {
        expect((await quote({ aspect_ratio: aspectRatio })).status).toBe(200)
      }
      for (const duration of capabilities.durations ?? []) {
        expect((await quote({ duration })).body.usage.quantity).toBe(duration)
      }
      for (const format of capabilities.output_formats ?? []) {
        expect((await quote({ output_format: format })).status).toBe(200)
      }
      const byDefault = await quote({ resolution: undefined, duration: undefined })
      expect(byDefault.body.usage).toMatchObject({
        unit_price: pricing.unit_prices[capabilities.resolutions[0]],
        quantity: capabilities.default_duration ?? 1,
      })
    }
  })
})

it.each([
  ['?type=sound', 'type'],
  ['?type=', 'type'],
  ['?kind=image', 'kind'],
])('invalid_parameter for %s, and param is %s', async (query, param) => {
  expectError(await api(gateway, 'GET', `/v2/models${query}`), 'invalid_parameter', { param })
})
