import type { Command } from 'commander'

/** What a command found: `json` for programs, `text` for people. */
export interface Output {
  json: unknown
  text: string
}

/** Prints in the form that --json asks for. */
export function print(command: Command, { json, text }: Output): void {
  const wantsJson = command.optsWithGlobals<{ json?: boolean }>().json === true
  process.stdout.write(`${wantsJson ? JSON.stringify(json, null, 2) : withoutControls(text)}\n`)
}

/** Text that a terminal shows and does not obey: names, and what was typed, may hold anything. */
export function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '\u{fffd}')
}

/** Rows as columns of equal width under a heading. */
export function toTable(heading: string[], rows: string[][]): string {
  // A line end in a name would begin a row that looks like another.
  const all = [heading, ...rows].map((row) => row.map((cell) => cell.replaceAll('\n', '\u{fffd}')))
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

/** A span of time for people, to the second from one second on. */
export function toDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
