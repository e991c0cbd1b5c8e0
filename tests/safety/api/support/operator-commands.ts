import { expect } from 'vitest'
import { runCli } from '../../../support/gateway.ts'

/** Runs a command of the operator's that has to work; its answer as JSON. */
export async function operate(
  { dataDir }: { dataDir: string },
  ...args: string[]
  // oxlint-disable-next-line typescript/no-explicit-any -- what it prints is asserted, not typed
): Promise<any> {
  const { code, stdout, stderr } = await runCli([...args, '--json', '--data', dataDir])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return JSON.parse(stdout)
}
