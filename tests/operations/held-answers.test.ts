import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { postVideo } from '../support/api.ts'
import { freePort, proxyKinds, startProxy, whyNot, type Proxy } from './support/proxy.ts'
import { trustingFetch } from './support/through.ts'

const reason = whyNot()
if (reason !== undefined) console.warn(`SKIPPED: long answers through proxies, because ${reason}.`)

// A file of its own: it takes 50 s in which nothing happens, and others can run beside it.
describe.skipIf(reason !== undefined)('an answer that is held for 50 s', () => {
  let gateway: TestGateway

  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway?.stop())

  test.concurrent.each(proxyKinds)('arrives through %s', async (kind) => {
    const port = await freePort()
    const site = { kind, port, gateway: new URL(gateway.baseURL).host, isBelowPath: false }
    const proxy: Proxy = await startProxy(site)
    const through = trustingFetch(proxy.ca, { records: true })
    const { testKey: key } = gateway
    const { body } = await postVideo(gateway, { prompt: 'a red fox [[stall]]' }, { key })
    const startedAt = performance.now()
    const held = await through.fetch(`https://127.0.0.1:${port}/v2/videos/generations/${body.id}`, {
      headers: { authorization: `Bearer ${key}`, prefer: 'wait=50' },
    })
    expect(await held.json()).toMatchObject({ id: body.id, status: 'pending' })
    expect(performance.now() - startedAt).toBeGreaterThan(45_000)
    await through.close()
    await proxy.stop()
  })
})
