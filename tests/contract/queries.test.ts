/** Nothing that a client of the API sends in a query is silently ignored. */
import { describe, expect, it } from 'vitest'
import { operationRows } from '../../packages/server/src/contract/operations.ts'
import { api, postImage } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const anyId = `gen_${'0'.repeat(32)}`
const rows = (auth: 'key' | 'none') =>
  operationRows
    .filter((row) => row.auth === auth)
    .map(
      ({ method, path, body }) =>
        [
          method,
          path.replace('{id}', anyId).replace('{code}', 'rate_limit').replace('{index}', '0'),
          body === undefined ? {} : { body: { model: 'sandbox-image', prompt: 'a fox' } },
        ] as const,
    )

describe.each(rows('key'))('%s %s', (method, path, options) => {
  it('refuses a query parameter that it does not have, by its name', async () => {
    const period = path.endsWith('/costs') ? '&start=2026-01-01&end=2026-01-02' : ''
    const answer = await api(gateway, method, `${path}?colour=red${period}`, options)
    expectError(answer, 'invalid_parameter', {
      param: 'colour',
      message: /no parameter `colour` here\. Remove it/,
    })
    expect(answer.headers.get('x-generation-id')).toBeNull()
  })
})

describe('a query parameter that is given twice', () => {
  it.each([
    ['/v2/models?type=image&type=video', 'type', 2],
    ['/v2/models?type=image&type=image', 'type', 2],
    ['/v2/generations?limit=1&limit=2&limit=3', 'limit', 3],
    ['/v2/billing/costs?start=a&start=b&end=c', 'start', 2],
  ])('is refused by its name: %s', async (path, param, times) => {
    expectError(await api(gateway, 'GET', path), 'invalid_parameter', {
      param,
      message: new RegExp(`\`${param}\` is given ${times} times`),
    })
  })
})

describe('links that people open', () => {
  it.each(rows('none').filter(([, path]) => !path.startsWith('/v2/')))(
    '%s %s works with what others add to it',
    async (method, path) => {
      const answer = await api(gateway, method, `${path}?utm_source=mail`, { key: null })
      expect(answer.status).toBe(200)
    },
  )

  it('a download works with what others add to it', async () => {
    const { body } = await postImage(gateway)
    expect((await fetch(`${body.data[0].url}&utm_source=mail`)).status).toBe(200)
  })
})

describe('a path that ends where an id belongs', () => {
  it.each(['images', 'videos'])(
    'is not found, and the answer says what is wrong (%s)',
    async (kind) => {
      const path = `/v2/${kind}/generations/`
      expectError(await api(gateway, 'GET', path), 'not_found', {
        param: 'id',
        message: /Write the id after the last slash/,
      })
      expectError(await api(gateway, 'POST', path, { body: {} }), 'not_found', {
        message: /without the slash at its end/,
      })
    },
  )
})
