/** The clock of the machine is set by an hour: nobody waits for that hour, and nothing ends early. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Filmgate, type Retry } from '../../packages/client/src/index.ts'
import { expect, onTestFinished, test, vi } from 'vitest'
import { expectTruth } from '../faults/support/truth.ts'
import { api, postImage, postVideo, untilEnded } from '../support/api.ts'
import { runCli, startGateway, temporaryFolder, type TestGateway } from '../support/gateway.ts'

const hour = 3_600_000
const preload = new URL('../support/shifted-clock.mjs', import.meta.url).href

interface Shifted {
  gateway: TestGateway
  /** Sets the clock of the running gateway: milliseconds beside the true time. */
  setClock(offsetMs: number): Promise<void>
  /** Kills it and starts it with such a clock. */
  restartAt(offsetMs: number): Promise<void>
}

/** A gateway that allows one image a minute, and whose files last for ten. */
async function startShifted(): Promise<Shifted> {
  const file = join(temporaryFolder(), 'clock')
  writeFileSync(file, '0')
  const gateway = await startGateway({
    env: { NODE_OPTIONS: `--import=${preload}`, FILMGATE_TEST_CLOCK: file },
    config: { retention: { files_seconds: 600 } },
  })
  onTestFinished(() => gateway.stop())
  const limit = ['workspaces', 'set', 'default', '--image-rpm', '1', '--data', gateway.dataDir]
  expect((await runCli(limit)).code).toBe(0)
  return {
    gateway,
    async setClock(offsetMs) {
      writeFileSync(file, String(offsetMs))
      gateway.process.kill('SIGUSR2')
      await vi.waitFor(() => expect(gateway.log).toContain(`clock shifted by ${offsetMs}`), 10_000)
    },
    async restartAt(offsetMs) {
      writeFileSync(file, String(offsetMs))
      await gateway.restart()
    },
  }
}

const jumps = ({ log }: TestGateway) => log.filter((line) => line.includes('system clock jumped'))

/** As a client does that is told to wait: as long as it was told, until it is let in. */
async function generateAsTold({ baseURL, key }: TestGateway): Promise<void> {
  const told: Retry[] = []
  const client = new Filmgate({
    baseURL,
    apiKey: key,
    timeout: 150_000,
    maxElapsed: 150_000,
    maxRetries: 100,
    onRetry: (retry) => told.push(retry),
  })
  await client.images.generate({ model: 'sandbox-image', prompt: 'a red fox' })
  expect(told.length).toBeGreaterThan(0)
  for (const { error } of told) {
    expect(error.code).toBe('rate_limit')
    expect(error.retryAfterMs).toBeLessThanOrEqual(60_000)
  }
}

test('set back under a running gateway: a used-up minute lasts a minute, and due work is taken up', async () => {
  const { gateway, setClock } = await startShifted()
  const startedAt = performance.now()
  expect((await postImage(gateway)).status).toBe(200)
  const film = await postVideo(gateway, { prompt: 'a red fox [[delay ms=2000]]' })
  await setClock(-hour)
  expect((await postImage(gateway)).status).toBe(429)

  const ended = await untilEnded(gateway, film.body.id)
  expect(ended.body.status).toBe('completed')
  const filmMs = performance.now() - startedAt
  await generateAsTold(gateway)
  const minuteMs = performance.now() - startedAt
  console.log(
    `clock set back by an hour: a film of 2 s came after ${Math.round(filmMs)} ms, the minute lasted ${Math.round(minuteMs)} ms`,
  )
  // 60 s, and what the machine takes for the rest.
  expect(minuteMs).toBeGreaterThan(59_000)
  expect(minuteMs).toBeLessThan(90_000)
  expect(jumps(gateway)).toHaveLength(1)
  await expectTruth(gateway)
})

test('set forward under a running gateway: pending work goes on, and files stay', async () => {
  const { gateway, setClock } = await startShifted()
  const image = await postImage(gateway)
  const film = await postVideo(gateway, { prompt: 'a red fox [[delay ms=3000]]' })
  const refused = await postImage(gateway)
  expect(refused.status).toBe(429)
  await setClock(hour)
  expect((await postImage(gateway)).status).toBe(429)
  expect((await untilEnded(gateway, film.body.id)).body.status).toBe('completed')
  const file = await fetch(image.body.data[0].url)
  expect(file.status).toBe(200)
  await file.arrayBuffer()
  expect(jumps(gateway)).toHaveLength(1)
  await expectTruth(gateway)
})

test('set back between two gateways: no window stays shut, and pending work is taken up', async () => {
  const { gateway, restartAt } = await startShifted()
  expect((await postImage(gateway)).status).toBe(200)
  expect((await postImage(gateway)).status).toBe(429)
  const film = await postVideo(gateway, { prompt: 'a red fox [[delay ms=2000]]' })
  await restartAt(-hour)
  expect((await postImage(gateway)).status).toBe(200)
  expect((await postImage(gateway)).status).toBe(429)
  expect((await untilEnded(gateway, film.body.id)).body.status).toBe('completed')
  await expectTruth(gateway)
})

test('set forward between two gateways: what was pending has the time that it had left', async () => {
  const { gateway, restartAt } = await startShifted()
  const film = await postVideo(gateway, { prompt: 'a red fox [[delay ms=600000]]' })
  const stalled = await postVideo(gateway, { prompt: 'a red fox [[stall]]' })
  await restartAt(hour)
  expect((await untilEnded(gateway, film.body.id)).body.status).toBe('completed')
  const path = `/v2/videos/generations/${stalled.body.id}`
  expect((await api(gateway, 'GET', path)).body.status).toBe('pending')
  expect((await api(gateway, 'POST', `${path}/cancel`)).body.status).toBe('failed')
  await expectTruth(gateway)
})
