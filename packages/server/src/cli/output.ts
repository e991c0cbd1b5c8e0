import type { Command } from 'commander'

/** What a command found: `json` for programs, `text` for people. */
export interface Output {
  json: unknown
  text: string
}

/** Prints in the form that --json asks for. */
export function print(command: Command, { json, text }: Output): void {
  const wantsJson = command.optsWithGlobals<{ json?: boolean }>().json === true
  process.stdout.write(`${wantsJson ? JSON.stringify(json, null, 2) : text}\n`)
}

/** Rows as columns of equal width under a heading. */
export function toTable(heading: string[], rows: string[][]): string {
  const all = [heading, ...rows]
  const widths = heading.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  )
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A command cannot do what was asked; the message says what to do. Exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** An instant for people. */
export function toTime(instant: number): string {
  return new Date(instant).toISOString().replace('T', ' ').slice(0, 19)
}
