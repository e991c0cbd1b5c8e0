import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from '../packed-client.ts'

/** The libraries that the README shows next to each other, by the word after `ts` at a block. */
export const libraries = ['filmgate', 'openai', 'fal'] as const
export type Library = (typeof libraries)[number]

/** The tasks, in the README's order. */
export const tasks = ['image', 'film', 'errors', 'reference'] as const
export type Task = (typeof tasks)[number]

/** One program of the README. */
export interface Block {
  library: Library
  task: Task
  code: string
}

const heading = '\n## Next to `openai` and fal\n'

/** The section of the client's README that compares. */
export async function comparison(): Promise<string> {
  const text = await readFile(join(repository, 'packages/client/README.md'), 'utf8')
  const [, after] = text.split(heading)
  if (after === undefined) throw new Error(`The README has no section ${heading.trim()}`)
  return after.split('\n## ')[0] ?? ''
}

/** Its programs. Throws where a task lacks a library, or the libraries' order is another. */
export async function comparedBlocks(): Promise<Block[]> {
  const matches = [...(await comparison()).matchAll(/```ts(?: (\w+))?\n(.*?)```/gs)]
  const wanted = tasks.flatMap((task) => libraries.map((library) => ({ task, library })))
  const found = matches.map(([, word = 'filmgate']) => word).join(' ')
  const expected = wanted.map(({ library }) => library).join(' ')
  if (found !== expected) throw new Error(`The README compares ${found}, not ${expected}`)
  return wanted.map((block, at) => ({ ...block, code: matches[at]?.[2] ?? '' }))
}

/** The rows of its table: name, then one cell for each library. */
export async function comparedRows(): Promise<Map<string, string[]>> {
  const lines = (await comparison()).split('\n').filter((line) => line.startsWith('| '))
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()))
  return new Map(rows.map(([, name = '', ...cells]) => [name, cells.slice(0, libraries.length)]))
}
