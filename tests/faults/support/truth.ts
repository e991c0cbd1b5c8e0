import { expect } from 'vitest'
import { api } from '../../support/api.ts'
import { runCli, type TestGateway } from '../../support/gateway.ts'
import { readRows, submittedTwice } from './database-file.ts'

/** Limits that no test reaches. */
export async function liftLimits({ dataDir }: Pick<TestGateway, 'dataDir'>): Promise<void> {
  const limits = ['--image-rpm', '--video-rpm', '--concurrency'].flatMap((flag) => [flag, '100000'])
  const { code, stderr } = await runCli([
    'workspaces',
    'set',
    'default',
    ...limits,
    '--data',
    dataDir,
  ])
  expect(stderr).toBe('')
  expect(code).toBe(0)
}

/**
 * What must hold after every misfortune, once all generations have ended: the audit is clean,
 * nothing was sent to the upstream twice, and the balance lacks what was completed and no more.
 */
export async function expectTruth(gateway: TestGateway, openingUsd = 100): Promise<void> {
  const { dataDir } = gateway
  const audit = await runCli(['audit', '--json', '--data', dataDir])
  expect(JSON.parse(audit.stdout)).toMatchObject({ problems: [], pending: 0 })
  expect(audit.code).toBe(0)
  expect(submittedTwice(dataDir)).toEqual([])
  const [completed] = readRows<{ micros: number }>(
    dataDir,
    "SELECT coalesce(sum(cost_micros), 0) AS micros FROM generations WHERE status = 'completed' AND mode = 'live'",
  )
  const { body } = await api(gateway, 'GET', '/v2/billing/balance')
  expect(Math.round(Number(body.balance) * 1e6)).toBe(
    openingUsd * 1e6 - (completed?.micros ?? Number.NaN),
  )
}
