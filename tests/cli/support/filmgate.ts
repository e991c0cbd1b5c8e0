import { expect } from 'vitest'
import { runCli } from '../../support/gateway.ts'

/** Runs a command with --json on a data folder, and parses what it printed. */
// oxlint-disable-next-line typescript/no-explicit-any -- test output is asserted, not typed
export async function json(dataDir: string, ...args: string[]): Promise<any> {
  const { code, stdout, stderr } = await runCli([...args, '--json', '--data', dataDir])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

/** Runs a command on a data folder; what it says to a person. */
export async function text(dataDir: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...args, '--data', dataDir])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

/** A command that is refused in one sentence, which is returned. */
export async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args)
  expect(stderr).toMatch(/^filmgate: [^\n]+[.?]\n$/)
  expect(stdout).toBe('')
  expect(code).toBe(1)
  return stderr
}
