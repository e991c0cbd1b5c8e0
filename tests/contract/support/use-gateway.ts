import { afterAll, beforeAll } from 'vitest'
import {
  runCli,
  startGateway,
  type GatewayOptions,
  type TestGateway,
} from '../../support/gateway.ts'
import { openOperator, type Limits, type Operator } from './operator.ts'

/** A running gateway, and the means of its operator. */
export type ContractGateway = TestGateway & Operator

/** Limits that no test of this folder meets by accident. */
const unlimited: Limits = { imagesPerMinute: 99_999, videosPerMinute: 99_999, concurrency: 9999 }

/**
 * One gateway for all tests of a file, with limits out of the way unless others are given. After
 * the last test its books are audited: money, slots, jobs and files have to agree.
 */
export function useGateway({
  limits = unlimited,
  ...options
}: GatewayOptions & { limits?: Limits } = {}): ContractGateway {
  let running: { gateway: TestGateway; operator: Operator } | undefined
  beforeAll(async () => {
    const gateway = await startGateway(options)
    running = { gateway, operator: await openOperator(gateway) }
    await running.operator.setLimits('default', limits)
  })
  afterAll(async () => {
    if (running === undefined) return
    const { gateway, operator } = running
    try {
      await operator.close()
      await assertCleanAudit(gateway)
    } finally {
      await gateway.stop()
    }
  })
  // Stands for both before they are there; the target is never read.
  return new Proxy({} as ContractGateway, {
    get(_target, name) {
      if (running === undefined) throw new Error('the gateway is there once the tests run')
      const { gateway, operator } = running
      return Reflect.get(name in operator ? operator : gateway, name)
    },
  })
}

/** Throws what `filmgate audit` complains about. */
export async function assertCleanAudit({ dataDir }: TestGateway): Promise<void> {
  const { code, stdout, stderr } = await runCli(['audit', '--json', '--data', dataDir])
  if (code !== 0) throw new Error(`the audit is not clean: ${stdout}${stderr}`)
}
