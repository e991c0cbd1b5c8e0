import { throwIfCancelled, type Control } from './control.ts'
import type { EncodedRun } from './encode-frames.ts'
import type { FilmParts } from './mux-film.ts'
import { releasePixels } from './release-pixels.ts'
import type { ImageSpec, VideoSpec } from './spec.ts'
import type { Stage } from './stage.ts'

// The tasks of the pool. Each takes one argument that can be cloned, and is chosen by its name here. Each loads what
// it needs by itself: a thread that only draws has no encoders in memory, and an addon that does not load fails the
// task with its reason. Failing while the thread starts, it would bring the whole pool down.

export interface ImageTask {
  spec: ImageSpec
  control: Control
}

export interface FramesTask {
  stage: Stage
  from: number
  to: number
  control: Control
}

export async function image({ spec, control }: ImageTask): Promise<Uint8Array> {
  // It may have been given up while it waited for a thread.
  throwIfCancelled(control)
  const { drawImage } = await import('./image.ts')
  try {
    return await drawImage(spec)
  } finally {
    releasePixels(spec.width * spec.height * 8)
  }
}

export async function stage(spec: VideoSpec): Promise<Stage> {
  const { drawStage } = await import('./stage.ts')
  try {
    return await drawStage(spec)
  } finally {
    releasePixels(spec.width * spec.height * 32)
  }
}

export async function frames({ stage, from, to, control }: FramesTask): Promise<EncodedRun> {
  const { encodeFrames } = await import('./encode-frames.ts')
  return encodeFrames(stage, from, to, control)
}

export async function sound(spec: VideoSpec): Promise<Uint8Array> {
  const { encodeSound } = await import('./encode-sound.ts')
  return encodeSound(spec.prompt, spec.seed, spec.durationSeconds)
}

export async function film(parts: FilmParts): Promise<Uint8Array> {
  const { muxFilm } = await import('./mux-film.ts')
  return muxFilm(parts)
}
