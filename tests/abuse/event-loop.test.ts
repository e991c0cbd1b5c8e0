/** Twenty thousand pending videos that never finish: the gateway answers, and stops when it is told to. */
import { expect, onTestFinished, test } from 'vitest'
import { openOperator } from '../contract/support/operator.ts'
import { api, postVideo } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { inspectable, inspectGateway } from '../support/inspect-gateway.ts'
import { readRows } from '../faults/support/database-file.ts'
import { describeSeen, expectUnnoticed, startNeighbour } from './support/neighbour.ts'

const pendingCount = 20_000
const askedAtOnce = 64
const watchedMs = 20_000
/** Submitting them takes 50 s on two quiet cores, and several times that on busy ones. */
const timeoutMs = 600_000

test(
  'twenty thousand stalled videos hold up neither a probe nor a neighbour nor the stop',
  { timeout: timeoutMs },
  async () => {
    const gateway = await startGateway({ env: inspectable, config: { drain_seconds: 5 } })
    onTestFinished(() => gateway.stop())
    const operator = await openOperator(gateway)
    onTestFinished(() => operator.close())
    const attacker = await operator.addTenant({ videosPerMinute: 1e6, concurrency: 1e6 })
    const neighbour = await operator.addTenant({ balanceUsd: 1000 })
    const inspector = await inspectGateway(gateway)

    const submitStartedAt = performance.now()
    await submitStalled({ ...attacker, key: attacker.testKey })
    const submitMs = performance.now() - submitStartedAt
    await inspector.loopDelay()
    const work = startNeighbour(neighbour)
    const probes = await probeFor(gateway, watchedMs)
    const seen = await work.stop()
    const loop = await inspector.loopDelay()
    inspector.close()

    const stoppedAt = performance.now()
    await gateway.kill('SIGTERM')
    const stopMs = performance.now() - stoppedAt
    const show = (ms: number) => Math.round(ms)
    console.log(
      `${pendingCount} pending (submitted in ${show(submitMs)} ms): ${probes.length} probes, p50 ${show(at(probes, 0.5))} ms, p99 ${show(at(probes, 0.99))} ms, max ${show(at(probes, 1))} ms; loop delay p99 ${show(loop.p99)} ms, max ${show(loop.max)} ms; ${describeSeen(seen)}; SIGTERM obeyed in ${show(stopMs)} ms`,
    )
    expectUnnoticed(seen)
    // For a machine that others use as well; alone it is a tenth of that.
    expect(at(probes, 0.99)).toBeLessThan(250)
    expect(at(probes, 1)).toBeLessThan(1000)
    expect(stopMs).toBeLessThan(15_000)
    expect(gateway.process.exitCode).toBe(0)
    const pending = "SELECT count(*) AS count FROM generations WHERE status = 'pending'"
    expect(readRows(gateway.dataDir, pending)).toEqual([{ count: pendingCount }])
  },
)

/** Submits the videos, some at a time. */
async function submitStalled(tenant: Pick<TestGateway, 'baseURL' | 'key'>): Promise<void> {
  let left = pendingCount
  const submit = async () => {
    while (left > 0) {
      left -= 1
      const { status } = await postVideo(tenant, { prompt: 'a fox [[stall]]' })
      expect(status).toBe(202)
    }
  }
  await Promise.all(Array.from({ length: askedAtOnce }, submit))
}

/** Asks whether the gateway lives, again and again; how long each answer took, in order of length. */
async function probeFor(gateway: TestGateway, forMs: number): Promise<number[]> {
  const durations: number[] = []
  const endsAt = performance.now() + forMs
  while (performance.now() < endsAt) {
    const askedAt = performance.now()
    expect((await api(gateway, 'GET', '/healthz')).status).toBe(200)
    durations.push(performance.now() - askedAt)
  }
  return durations.toSorted((a, b) => a - b)
}

function at(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity
}
