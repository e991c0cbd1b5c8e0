/** Failures that are rehearsed with ever new prompts: they pass every limit, and must not fill the disk. */
import { expect, onTestFinished, test } from 'vitest'
import { expectError } from '../contract/support/expect-error.ts'
import { openOperator } from '../contract/support/operator.ts'
import { assertCleanAudit } from '../contract/support/use-gateway.ts'
import { readRows } from '../faults/support/database-file.ts'
import { postImage } from '../support/api.ts'
import { startGateway } from '../support/gateway.ts'

const promptCount = 3000
const askedAtOnce = 32

test('three thousand prompts that each fail once leave a bounded number of rows', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const operator = await openOperator(gateway)
  onTestFinished(() => operator.close())
  const tenant = await operator.addTenant({ imagesPerMinute: 1, concurrency: 1 })
  const attacker = { baseURL: gateway.baseURL, key: tenant.testKey }
  const ask = (prompt: number) =>
    postImage(attacker, { prompt: `[[rate_limit times=1]] ${prompt}` })

  const startedAt = performance.now()
  let asked = 0
  const work = async () => {
    while (asked < promptCount) expectError(await ask((asked += 1)), 'rate_limit')
  }
  await Promise.all(Array.from({ length: askedAtOnce }, work))
  const [row] = readRows<{ rows: number }>(
    gateway.dataDir,
    'SELECT count(*) AS rows FROM sandbox_rehearsals',
  )
  console.log(
    `rehearsals: ${asked} prompts in ${Math.round(performance.now() - startedAt)} ms left ${row?.rows} rows`,
  )
  expect(row?.rows).toBe(1000)
  // The latest is still known, so a client that tries again gets on.
  expect((await ask(asked)).status).toBe(200)
  await assertCleanAudit(gateway)
})
