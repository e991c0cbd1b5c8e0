import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { inspectGateway, type Inspector } from '../support/inspect-gateway.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../support/upstream/scripted-upstream.ts'
import { countedSqlite, type StatementCounts } from './support/counted-sqlite.ts'

let upstream: ScriptedUpstream
let account: UpstreamAccount
let gateway: TestGateway
let inspector: Inspector
beforeAll(async () => {
  upstream = await startUpstream()
  account = await upstream.account('counted')
  gateway = await startGateway({
    env: { ...countedSqlite, FAL_KEY: 'key' },
    config: {
      upstreams: {
        fal: { adapter: 'fal', base_url: account.fal, api_key: { env: 'FAL_KEY' } },
        local: { adapter: 'openai-compatible', base_url: account.openai },
      },
      models: [
        {
          id: 'picture',
          type: 'image',
          unit_prices: { '1K': 0.01 },
          routes: [{ upstream: 'local', model: 'flux' }],
        },
        {
          id: 'queued',
          type: 'image',
          unit_prices: { '1K': 0.01 },
          routes: [{ upstream: 'fal', model: 'fal-ai/flux/schnell' }],
        },
      ],
    },
  })
  inspector = await inspectGateway(gateway)
})
afterAll(async () => {
  inspector.close()
  await gateway.stop()
  await upstream.stop()
})

const counts = () => inspector.evaluate<StatementCounts>('({ ...globalThis.statementCounts })')

async function picture(model: string, headers: Record<string, string> = {}): Promise<void> {
  const answer = await fetch(`${gateway.baseURL}/v2/images/generations`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.key}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ model, prompt: 'a fox in the snow' }),
  })
  expect(answer.status, await answer.text()).toBe(200)
}

/** What one more takes; several are made, and the least is taken: sweeps and heartbeats come in between. */
async function costOf(make: () => Promise<void>): Promise<StatementCounts> {
  await make()
  const costs: StatementCounts[] = []
  for (let round = 0; round < 5; round += 1) {
    const before = await counts()
    await make()
    const after = await counts()
    costs.push({
      commits: after.commits - before.commits,
      writes: after.writes - before.writes,
      reads: after.reads - before.reads,
    })
  }
  const least = (field: keyof StatementCounts) => Math.min(...costs.map((cost) => cost[field]))
  return { commits: least('commits'), writes: least('writes'), reads: least('reads') }
}

// Accepted; checked and about to be sent; answered; ended. The four are the promise itself: each says
// what must be known should the process die in the next moment.
test('an image takes four commits', async () => {
  const cost = await costOf(() => picture('picture'))
  console.log('an image that comes with the answer:', cost)
  expect(cost.commits).toBe(4)
  expect(cost.writes).toBeLessThanOrEqual(23)
  expect(cost.reads).toBeLessThanOrEqual(23)
})

test('an Idempotency-Key takes no commit more', async () => {
  let key = 0
  const cost = await costOf(() => picture('picture', { 'idempotency-key': `key-${(key += 1)}` }))
  expect(cost.commits).toBe(4)
})

test('neither does an upstream with a queue', async () => {
  const cost = await costOf(() => picture('queued'))
  console.log('an image that is polled for:', cost)
  expect(cost.commits).toBe(4)
})
