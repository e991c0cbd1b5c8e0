import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli, startGateway, type TestGateway } from '../support/gateway.ts'
import { inspectGateway } from '../support/inspect-gateway.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../support/upstream/scripted-upstream.ts'
import { countedSqlite, type StatementCounts } from './support/counted-sqlite.ts'

const films = 10_000
const stuckImages = 64

const patientFal = fileURLToPath(new URL('./support/patient-fal.mjs', import.meta.url))

let upstream: ScriptedUpstream
let account: UpstreamAccount
let fal: ChildProcess
let falUrl: string
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startUpstream()
  account = await upstream.account('many')
  fal = spawn(process.execPath, [patientFal], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (fal.stdout === null) throw new Error('the upstream has no output')
  for await (const line of createInterface({ input: fal.stdout })) {
    falUrl = line
    break
  }
  await account.script('stuck', { submit: { wait: 'never' } })
  gateway = await startGateway({
    balanceUsd: '100000',
    env: {
      FILMGATE_LOG_LEVEL: 'warn',
      ...countedSqlite,
      FAL_KEY: 'key',
    },
    config: {
      drain_seconds: 1,
      upstreams: {
        fal: { adapter: 'fal', base_url: falUrl, api_key: { env: 'FAL_KEY' } },
        slow: { adapter: 'openai-compatible', base_url: account.openai },
      },
      models: [
        {
          id: 'film',
          type: 'video',
          unit_prices: { '720p': 0.01 },
          durations: [5],
          deadline_seconds: 3600,
          routes: [{ upstream: 'fal', model: 'fal-ai/kling-video/v2.1/master/text-to-video' }],
        },
        {
          id: 'picture',
          type: 'image',
          unit_prices: { '1K': 0.01 },
          deadline_seconds: 600,
          routes: [{ upstream: 'slow', model: 'flux' }],
        },
      ],
    },
  })
  const limits = ['--image-rpm', '100000', '--video-rpm', '100000', '--concurrency', '100000']
  await runCli(['workspaces', 'set', 'default', ...limits, '--data', gateway.dataDir])
})
afterAll(async () => {
  await gateway.stop()
  await upstream.stop()
  fal.kill()
})

function post(kind: 'images' | 'videos', body: object, prefer = 'respond-async') {
  return fetch(`${gateway.baseURL}/v2/${kind}/generations`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.key}`,
      'content-type': 'application/json',
      prefer,
    },
    body: JSON.stringify(body),
  })
}

async function orderFilms(): Promise<void> {
  let left = films
  const work = async () => {
    for (; left > 0;) {
      left -= 1
      const answer = await post('videos', { model: 'film', prompt: 'a film that takes long' })
      expect(answer.status, await answer.text()).toBe(202)
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
}

test('ten thousand pending films and 64 stuck pictures delay nobody, and a stop is quick', async () => {
  const inspector = await inspectGateway(gateway)
  const counts = () => inspector.evaluate<StatementCounts>('({ ...globalThis.statementCounts })')
  const idleBytes = inspector.residentBytes()
  await Promise.all(
    Array.from({ length: stuckImages }, () =>
      post('images', { model: 'picture', prompt: 'stuck' }),
    ),
  )
  await orderFilms()
  // Each of them is looked at once, and then three times more, which is measured.
  await polled(films)
  const [before, pollsBefore] = [await counts(), (await asked()).polls]
  const startedAt = performance.now()
  await inspector.loopDelay()
  await polled(pollsBefore + 3 * films)
  const delay = await inspector.loopDelay()
  const seconds = (performance.now() - startedAt) / 1000
  const after = await counts()
  const polls = (await asked()).polls - pollsBefore
  const commits = after.commits - before.commits
  expect((await asked()).submissions).toBe(films)

  const picture = await post('images', { model: 'picture', prompt: 'quick' }, '')
  expect(picture.status).toBe(200)
  const drawn = await post('images', { model: 'sandbox-image', prompt: 'a fox' }, '')
  expect(drawn.status).toBe(200)

  console.log(
    [
      `${films} films pending, ${stuckImages} pictures stuck`,
      `${Math.round(polls / seconds)} polls a second, ${(commits / polls).toFixed(5)} commits a poll, ${((after.reads - before.reads) / polls).toFixed(2)} reads a poll`,
      `event loop held up: p50 ${delay.p50.toFixed(1)} ms, p99 ${delay.p99.toFixed(1)} ms, most ${delay.max.toFixed(1)} ms`,
      `resident: ${Math.round(idleBytes / 2 ** 20)} MiB before, ${Math.round(inspector.residentBytes() / 2 ** 20)} MiB with them`,
    ].join('\n'),
  )
  expect(commits / polls).toBeLessThan(0.01)
  inspector.close()
  const stoppedAt = performance.now()
  await gateway.kill('SIGTERM')
  console.log(`stopped within ${((performance.now() - stoppedAt) / 1000).toFixed(1)} s`)
  expect(gateway.process.exitCode).toBe(0)
})

async function asked(): Promise<{ submissions: number; polls: number }> {
  const answer = await fetch(`${falUrl}/counts`)
  return (await answer.json()) as { submissions: number; polls: number }
}

/** Resolves once so many looks have come. */
async function polled(count: number): Promise<void> {
  while ((await asked()).polls < count) await new Promise((resolve) => setTimeout(resolve, 50))
}
