import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { misfortunes } from './misfortunes/acts.ts'
import { checkEnding, checkManners, checkPauses, checkValue } from './misfortunes/checks.ts'
import { page, type Cell } from './misfortunes/page.ts'
import { phases, type PhaseName } from './misfortunes/phases.ts'
import type { Row } from './misfortunes/rows.ts'
import { downloading } from './misfortunes/rows-downloading.ts'
import { submitting } from './misfortunes/rows-submitting.ts'
import { waiting } from './misfortunes/rows-waiting.ts'
import { runCell } from './misfortunes/run-cell.ts'
import { canMount, sinks } from './misfortunes/sinks.ts'
import { summaryOf } from './misfortunes/summary.ts'
import type { Misfortune, Phase } from './misfortunes/world.ts'

// Every misfortune in every phase of a call: what the rules say becomes of it, and what does. What
// is expected stands in the rows. What was observed is the page, which is written anew by
// UPDATE_PAGE=1 npx vitest run tests/client/misfortunes.test.ts

const all: Record<Row['what'], Misfortune> = { ...misfortunes, ...sinks }
const rows = { ...submitting, ...waiting, ...downloading }
const cells: Cell[] = []
// A cell takes some hundredths of a second; what takes this long hangs.
const timeout = 20_000

for (const [name, phase] of Object.entries<Phase>(phases)) {
  // The keys of the table are those names.
  const phaseName = name as PhaseName
  describe(name, () => {
    for (const row of rows[phaseName] ?? []) inCell(phaseName, phase, row)
  })
}

function inCell(name: PhaseName, phase: Phase, row: Row): void {
  const misfortune = all[row.what]
  test(`${row.what}: ${row.gets}`, { timeout }, async ({ skip }) => {
    if (row.what === 'fullDisk' && !(await canMount())) {
      cells.push({ phase: name, row, misfortune, summary: { reads: 0, ...row } })
      skip('SKIPPED: no right to mount a small disk')
    }
    const observed = await runCell(phase, misfortune)
    cells.push({ phase: name, row, misfortune, summary: summaryOf(observed) })
    checkEnding(row, observed)
    checkManners(row, observed)
    checkPauses(observed, row.what.endsWith('Retry-After: 30') || name === 'bodyOfLimit')
  })
  const isRepeated = row.tries !== 0 && row.tries !== 1 && row.what in misfortunes
  if (!isRepeated || misfortune.isRefusal) return
  test(`${row.what}, once: all is well`, { timeout }, async () => {
    const observed = await runCell(phase, misfortune, 1)
    checkManners({ ...row, gets: 'value' }, observed)
    checkValue(observed.value)
  })
}

test('the page says what was observed', async () => {
  const written = page(cells)
  const path = new URL('../../docs/client-failures.md', import.meta.url)
  if (process.env['UPDATE_PAGE']) await writeFile(path, written)
  expect(written).toBe(await readFile(path, 'utf8'))
})
