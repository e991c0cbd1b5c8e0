/** A tenant with hundreds of thousands of generations reads them, and nobody else notices. */
import { expect, onTestFinished, test } from 'vitest'
import { openOperator, type Tenant } from '../contract/support/operator.ts'
import { tamper } from '../faults/support/database-file.ts'
import { api } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { describeSeen, expectUnnoticed, seeNormalDay, type Seen } from './support/neighbour.ts'

const generationCount = 300_000
const days = 170
const dayMs = 86_400_000
const readersAtOnce = 4

test('who lists and sums up three hundred thousand generations holds up nobody', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const operator = await openOperator(gateway)
  const [reader, neighbour] = [
    await operator.addTenant(),
    await operator.addTenant({ balanceUsd: 1000 }),
  ]
  await operator.close()
  makeHistory(gateway, reader)

  const [end, start] = [new Date(), new Date(Date.now() - days * dayMs)].map((at) =>
    at.toISOString(),
  )
  for (const path of [
    '/v2/generations?status=pending&type=video',
    '/v2/generations?status=completed',
    '/v2/generations?type=video&limit=1',
    `/v2/billing/costs?start=${start}&end=${end}`,
  ]) {
    const { seen, p50Ms } = await seeBeside(neighbour, reader, path)
    console.log(
      `${path.split('=')[0]}=… of ${generationCount}: p50 ${Math.round(p50Ms)} ms; ${describeSeen(seen)}`,
    )
    expectUnnoticed(seen)
    // It was 200 ms and more. For a machine that others use as well; alone it is a few ms.
    expect(seen.reads.p50).toBeLessThan(80)
  }
})

/** Failed images and what they cost, evenly over the days, in a statement for each. */
function makeHistory({ dataDir }: TestGateway, { name, keyId }: Tenant): void {
  const counter = `WITH RECURSIVE counter (n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${generationCount})`
  const createdAt = `${Date.now()} - n * ${Math.floor((days * dayMs) / generationCount)}`
  const id = `printf('gen_%012x%020x', ${createdAt}, n)`
  const workspaceId = `(SELECT id FROM workspaces WHERE name = '${name}')`
  const failure = JSON.stringify({ code: 'server_error', reason: 'upstream_failed', message: 'x' })
  const input = JSON.stringify({ prompt: '', images: [], aspectRatio: '1:1', resolution: '1K' })
  tamper(
    dataDir,
    `${counter} INSERT INTO generations (id, workspace_id, key_id, mode, type, model, input, status,
       checked_at, unit_price_micros, quantity, cost_micros, request_id, failure, upstream_billed,
       deadline_at, created_at, ended_at)
     SELECT ${id}, ${workspaceId}, '${keyId}', 'live', 'image', 'sandbox-image', '${input}', 'failed',
       1, 1, 1, 1, 'req_x', '${failure}', 'no', 1, ${createdAt}, 1 FROM counter`,
  )
  tamper(
    dataDir,
    `${counter} INSERT INTO ledger_entries (id, workspace_id, generation_id, kind, amount_micros,
       note, created_at)
     SELECT 'led_' || n, ${workspaceId}, ${id}, 'capture', 10000, '', ${createdAt} FROM counter`,
  )
}

/** What a neighbour sees while others read again and again, several at once. */
async function seeBeside(
  neighbour: Tenant,
  reader: Tenant,
  path: string,
): Promise<{ seen: Seen; p50Ms: number }> {
  const stopping = new AbortController()
  const durations: number[] = []
  const readOn = async () => {
    while (!stopping.signal.aborted) {
      const askedAt = performance.now()
      expect((await api(reader, 'GET', path)).status).toBe(200)
      durations.push(performance.now() - askedAt)
    }
  }
  const reading = Promise.all(Array.from({ length: readersAtOnce }, readOn))
  const seen = await seeNormalDay(neighbour)
  stopping.abort()
  await reading
  return { seen, p50Ms: durations.toSorted((a, b) => a - b)[durations.length >> 1] ?? Infinity }
}
