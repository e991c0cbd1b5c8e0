import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leftOut } from './support/installed.ts'
import { packClient, type PackedClient } from './support/packed-client.ts'
import { commandOf, runtimeRows } from './support/runtimes.ts'
import {
  asPromised,
  copyProbe,
  startSurroundings,
  type Surroundings,
} from './support/surroundings.ts'

const run = promisify(execFile)

let surroundings: Surroundings
let packed: PackedClient
beforeAll(async () => {
  surroundings = await startSurroundings()
  packed = await packClient()
})
afterAll(async () => {
  await Promise.all([packed?.remove(), surroundings?.stop()])
})

const programs = [
  { how: 'imported', entry: 'program.mjs' },
  { how: 'required', entry: 'program.cjs' },
] as const
const rows = runtimeRows.flatMap((runtime) => programs.map((program) => ({ runtime, ...program })))

test.for(rows)(
  'the packed client, $how, makes an image and fails as promised on $runtime.name',
  { timeout: 300_000 },
  async ({ runtime, entry }, { skip }) => {
    const command = await commandOf(runtime).catch((error: unknown) =>
      skip(leftOut(runtime.name, error)),
    )
    await copyProbe(packed.project, entry)
    const [program, ...flags] = command
    const { stdout } = await run(program, [...flags, entry], {
      cwd: packed.project,
      env: { ...process.env, ...surroundings.settings },
    })
    expect(JSON.parse(stdout)).toEqual(asPromised)
    expect(surroundings.elsewhere.requests).toEqual([])
  },
)
