import type {
  CompletedImage,
  CompletedVideo,
  FailedGeneration,
  PendingGeneration,
} from './generated/types.ts'
import { idOf } from './read-answer.ts'

/** The two kinds of generation. */
export type GenerationType = 'image' | 'video'

/** A finished generation. */
export type CompletedGeneration = CompletedImage | CompletedVideo

/** A generation in any state. */
export type Generation = PendingGeneration | FailedGeneration | CompletedGeneration

/** Where generations of a kind are made. */
export function createPath(type: GenerationType): string {
  return `/v2/${type}s/generations`
}

/** Path of one generation. Throws a TypeError for an id that would lead elsewhere. */
export function pathOf(type: GenerationType, id: string): string {
  checkId(id)
  return `${createPath(type)}/${encodeURIComponent(id)}`
}

/** Throws a TypeError for what is no id: nothing at all, or a step to another path. */
export function checkId(id: unknown): void {
  if (idOf(id)) return
  throw new TypeError(`A generation id is needed, but ${JSON.stringify(id)} was given.`)
}

/** Whether an answer tells the state of this generation. The rest of it is taken on the contract's word. */
export function isStateOf(id: string): (data: unknown) => boolean {
  return (data) => {
    const { id: told, status } = data as Partial<Generation>
    // Both were looked at, and a completed one is looked into.
    return told === id && typeof status === 'string' && isWhole(data as Generation)
  }
}

/** Whether what is said to be completed has outputs. */
export function isWhole(generation: Generation): boolean {
  return generation.status !== 'completed' || Array.isArray(generation.data)
}
