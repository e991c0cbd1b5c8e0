import { advice } from './advice.ts'
import { phases, type PhaseName } from './phases.ts'
import type { Row } from './rows.ts'
import type { Summary } from './summary.ts'
import type { Misfortune } from './world.ts'

/** A cell of the table, and what was observed in it. */
export interface Cell {
  phase: PhaseName
  row: Row
  misfortune: Misfortune
  summary: Summary
}

const introduction = `<!-- Written by tests/client/misfortunes.test.ts from what it observes. Do not edit. -->

# What can go wrong with a call, and what you get

For each part of a call's life: what happens there, the class and \`code\` of the error, whether the
client sends the request again by itself, whether \`error.generationId\` is set, and what to do then.
Each row is a test against a real server, and says what was observed in it.

Four things hold everywhere:

- Every try of one call carries the same \`Idempotency-Key\`, which is \`error.idempotencyKey\`. Where it is
  unknown whether a generation was accepted, the message says so: the same call with this key joins it.
- Once a good status has come, nothing is submitted again.
- Once the generation is accepted, whatever ends the waiting is a \`WaitInterruptedError\`, and its \`cause\` is
  what ended it. Only that the generation itself failed is told by the class of its code.
- An abort, or the end of the call's time, ends the call at once, wherever it is. No connection, no
  timer and no part of a file is left behind.

"Sent again" is what happens with the usual options when it goes wrong each time. When it goes well at
the second try, the call goes on as if nothing had been. A client that nobody has ever answered
tries 3 times and not 7.
`

/** The page of all cells. */
export function page(cells: Cell[]): string {
  // The keys of the table are those names.
  const names = Object.keys(phases) as PhaseName[]
  const tables = names.map((name) => tableOf(cells.filter(({ phase }) => phase === name)))
  const sections = names.map((name, index) => {
    const { title, words } = phases[name]
    const table = tables[index]
    const isSame = index > 0 && table === tables[index - 1]
    return `\n## ${title}\n\n${words}\n\n${isSame ? 'The same as above.\n' : table}`
  })
  return `${introduction}${sections.join('')}`
}

/** What comes to the same stands in one line. */
function tableOf(cells: Cell[]): string {
  const lines = new Map<string, string[]>()
  for (const cell of cells) {
    const outcome = outcomeOf(cell)
    lines.set(outcome, [...(lines.get(outcome) ?? []), cell.misfortune.words])
  }
  const rows = [...lines].map(([outcome, words]) => `| ${words.join('.<br>')}. | ${outcome} |\n`)
  return `| What happens | You get | Sent again? | Id? | What to do |\n|---|---|---|---|---|\n${rows.join('')}`
}

function outcomeOf({ phase, row, summary }: Cell): string {
  const isDownload = ['download', 'file', 'stream'].includes(phase)
  const isIdKnown = isDownload || summary.gets === 'value' ? '–' : summary.hasId ? 'Yes' : 'No'
  return [got(summary), again(summary), isIdKnown, advice[row.advice]].join(' | ')
}

function got({ gets, code, cause, own }: Summary): string {
  if (gets === 'value') return 'What you asked for'
  if (gets === 'own')
    return isCode(own) ? `As it is: \`${own}\`` : 'As it is: the error of the stream'
  return `\`${gets}\`, \`${code}\`${cause ? `; cause: \`${cause}\`` : ''}`
}

/** Whether it is the code of a file system's error, and no words. */
function isCode(own = ''): boolean {
  return /^[A-Z]+$/.test(own)
}

function again({ tries, reads }: Summary): string {
  if (reads > 0) return 'No, it is read'
  if (tries === 0) return 'Nothing is sent'
  if (tries === 1) return 'No'
  if (typeof tries === 'string') return `Yes, ${tries}`
  return tries === 2 ? 'Yes, once' : `Yes, ${tries - 1} times`
}
