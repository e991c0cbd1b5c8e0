import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundlers, type Form } from './support/bundlers.ts'
import { leftOut } from './support/installed.ts'
import { packClient, type PackedClient } from './support/packed-client.ts'
import { runners } from './support/runners.ts'
import {
  asPromised,
  copyProbe,
  startSurroundings,
  type Entry,
  type Surroundings,
} from './support/surroundings.ts'

let surroundings: Surroundings
let packed: PackedClient
beforeAll(async () => {
  surroundings = await startSurroundings()
  packed = await packClient()
})
afterAll(async () => {
  await Promise.all([packed?.remove(), surroundings?.stop()])
})

interface Row {
  bundler: keyof typeof bundlers
  entry: Entry
  form: Form
  runner: keyof typeof runners
}

// program.cjs says require, and so brings in the client's CommonJS half.
const rows: Row[] = [
  { bundler: 'rolldown', entry: 'program.mjs', form: 'node module', runner: 'Node' },
  { bundler: 'esbuild', entry: 'program.mjs', form: 'node module', runner: 'Node' },
  { bundler: 'webpack', entry: 'program.mjs', form: 'node commonjs', runner: 'Node' },
  { bundler: 'rolldown', entry: 'program.cjs', form: 'node commonjs', runner: 'Node' },
  { bundler: 'esbuild', entry: 'program.cjs', form: 'node commonjs', runner: 'Node' },
  { bundler: 'webpack', entry: 'program.cjs', form: 'node commonjs', runner: 'Node' },
  { bundler: 'bun', entry: 'program.mjs', form: 'node module', runner: 'Bun' },
  { bundler: 'bun', entry: 'program.cjs', form: 'node module', runner: 'Bun' },
  { bundler: 'esbuild', entry: 'program.mjs', form: 'node module', runner: 'Deno' },
  { bundler: 'rolldown', entry: 'page.mjs', form: 'script', runner: 'Chromium' },
  { bundler: 'esbuild', entry: 'page.mjs', form: 'script', runner: 'Chromium' },
  { bundler: 'webpack', entry: 'page.mjs', form: 'script', runner: 'Chromium' },
  { bundler: 'esbuild', entry: 'worker.mjs', form: 'worker', runner: 'workerd' },
  { bundler: 'rolldown', entry: 'worker.mjs', form: 'worker', runner: 'workerd' },
  { bundler: 'webpack', entry: 'page.mjs', form: 'worker', runner: 'Edge Runtime' },
]

test.for(rows)(
  '$bundler makes of $entry a $form without a warning, and it does as promised in $runner',
  { timeout: 300_000 },
  async (row, { skip }) => {
    const toSkip = (name: string) => (error: unknown) => skip(leftOut(name, error))
    const bundle = await bundlers[row.bundler]().catch(toSkip(row.bundler))
    const execute = await runners[row.runner]().catch(toSkip(row.runner))
    await copyProbe(packed.project, row.entry)
    // A folder apart, where an import that was left in the bundle finds nothing.
    const folder = join(packed.project, '..', `bundle-${rows.indexOf(row)}`)
    await mkdir(folder)
    const output = join(folder, row.form === 'node commonjs' ? 'bundle.cjs' : 'bundle.mjs')
    await bundle({ project: packed.project, entry: row.entry, output, form: row.form })
    expect(await execute(output, surroundings.settings)).toEqual(asPromised)
    expect(surroundings.elsewhere.requests).toEqual([])
  },
)
