import { describe, expect, it } from 'vitest'
import { api } from '../support/api.ts'
import { recordingFetch } from '../support/traffic.ts'
import { expectError } from './support/expect-error.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const open = (path: string, method = 'GET') => api(gateway, method, path, { key: null })

describe('health and readiness', () => {
  it('tell without a key that the process lives and can work', async () => {
    expect((await open('/healthz')).body).toEqual({ status: 'ok' })
    const ready = await open('/readyz')
    expect(ready.status).toBe(200)
    expect(ready.body.status).toBe('ready')
    expect(new Set(Object.values(ready.body.checks))).toEqual(new Set(['ok']))
  })

  it('answer HEAD, which load balancers like to send', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await recordingFetch(gateway.baseURL + path, { method: 'HEAD' })
      expect([answer.status, await answer.text()]).toEqual([200, ''])
    }
  })

  it('are not found for another method', async () => {
    expectError(await open('/healthz', 'POST'), 'not_found', { message: /GET/ })
  })
})
