import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'

test.each([
  [{}, '75'],
  [{ keep_alive_seconds: 620 }, '620'],
])('with %j, an idle connection is promised for %s s', async (config, seconds) => {
  const gateway = await startGateway({ config })
  onTestFinished(() => gateway.stop())
  const answer = await fetch(`${gateway.baseURL}/healthz`)
  expect(answer.headers.get('keep-alive')).toBe(`timeout=${seconds}`)
})
