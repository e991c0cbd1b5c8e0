import type { Kind, Outcome, Row } from '../support/row.ts'
import { ends } from './outcomes.ts'

/** Kinds that a misfortune can befall. */
export const fal: readonly Kind[] = ['fal image', 'fal film']
export const comfyui: readonly Kind[] = ['comfyui image', 'comfyui film']
export const queues: readonly Kind[] = [...fal, ...comfyui]
export const openai: readonly Kind[] = ['openai image']
export const blind: readonly Kind[] = [...openai, ...fal]
export const all: readonly Kind[] = [...openai, ...queues]

/** The same row for several kinds. */
export function each(
  of: readonly Kind[],
  misfortune: string,
  row: Omit<Row, 'kind' | 'misfortune' | 'expected'>,
  end: Omit<Outcome, 'told'>,
): Row[] {
  return of.map((kind) => ({ ...row, kind, misfortune, expected: ends(kind, end) }))
}
