import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectError } from '../contract/support/expect-error.ts'
import { openOperator, type Operator } from '../contract/support/operator.ts'
import { assertCleanAudit } from '../contract/support/use-gateway.ts'
import { postImage, type ApiAnswer } from '../support/api.ts'
import { runCli, startGateway, type TestGateway } from '../support/gateway.ts'
import { describeSeen, expectUnnoticed, startNeighbour } from './support/neighbour.ts'

const quotaBytes = 60_000_000
const atOnce = 2

let gateway: TestGateway
let operator: Operator
beforeAll(async () => {
  gateway = await startGateway()
  operator = await openOperator(gateway)
})
afterAll(async () => {
  await operator.close()
  await assertCleanAudit(gateway)
  await gateway.stop()
})

/** Sizes of the pictures in PNG, which nobody but the attacker orders. */
function sizesOnDisk(): number[] {
  const media = join(gateway.dataDir, 'media')
  return readdirSync(media, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
    .filter((bytes) => bytes.subarray(1, 4).equals(Buffer.from('PNG')))
    .map((bytes) => bytes.byteLength)
}

/** Makes the largest pictures there are, several at once, until one is refused. */
async function fillUp(attacker: { baseURL: string; key: string }): Promise<ApiAnswer> {
  const dearest = { resolution: '4K', output_format: 'png', aspect_ratio: '1:1' }
  let refusal: ApiAnswer | undefined
  const work = async (lane: number) => {
    for (let picture = 0; refusal === undefined; picture += 1) {
      const prompt = `a market in the rain, ${lane}-${picture}`
      const answer = await postImage(attacker, { ...dearest, prompt })
      if (answer.status !== 200) refusal = answer
    }
  }
  await Promise.all(Array.from({ length: atOnce }, (_, lane) => work(lane)))
  if (refusal === undefined) throw new Error('nothing was refused')
  return refusal
}

it('a test key that makes the largest pictures without end is stopped at its quota', async () => {
  const tenant = await operator.addTenant({ testStorageBytes: quotaBytes, concurrency: atOnce })
  const attacker = { baseURL: gateway.baseURL, key: tenant.testKey }
  const other = await operator.addTenant({ balanceUsd: 100 })
  const neighbour = startNeighbour(other)
  const refusal = await fillUp(attacker)
  const seen = await neighbour.stop()
  expectError(refusal, 'quota_exceeded', {
    message: /made with test keys, and its quota is 60 MB/,
  })

  const shown = await runCli([
    'workspaces',
    'show',
    tenant.name,
    '--json',
    '--data',
    gateway.dataDir,
  ])
  // The command prints exactly this form.
  const { storage } = JSON.parse(shown.stdout) as { storage: { test: { bytes: number } } }
  const { bytes } = storage.test
  const megabytes = (size: number) => `${Math.round(size / 1e6)} MB`
  const sizes = sizesOnDisk()
  console.log(
    `disk: ${megabytes(bytes)} kept in ${sizes.length} files with a quota of ${megabytes(quotaBytes)}; the neighbour: ${describeSeen(seen)}`,
  )
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes)
  expect(bytes).toBeGreaterThanOrEqual(quotaBytes)
  // What was in flight when the quota was reached still counts, and nothing after it.
  expect(bytes).toBeLessThan(quotaBytes + atOnce * 50_000_000)
  for (let round = 0; round < 20; round += 1) {
    expectError(await postImage(attacker), 'quota_exceeded')
  }
  expect((await postImage(other)).status).toBe(200)
  // Its pictures wait for a 4K drawing at most; drawing itself is shared out elsewhere.
  expectUnnoticed(seen, { imageMs: 30_000 })
})
