import { throwIfCancelled, type Control } from './control.ts'
import { encodeFrames, type EncodedRun } from './encode-frames.ts'
import { encodeSound } from './encode-sound.ts'
import { drawImage } from './image.ts'
import { muxFilm, type FilmParts } from './mux-film.ts'
import type { ImageSpec, VideoSpec } from './spec.ts'
import { releasePixels } from './release-pixels.ts'
import { drawStage, type Stage } from './stage.ts'

// The tasks of the pool. Each takes one argument that can be cloned, and is chosen by its name here.

export interface FramesTask {
  stage: Stage
  from: number
  to: number
  control: Control
}

export interface ImageTask {
  spec: ImageSpec
  control: Control
}

export async function image({ spec, control }: ImageTask): Promise<Uint8Array> {
  // It may have been given up while it waited for a thread.
  throwIfCancelled(control)
  try {
    return await drawImage(spec)
  } finally {
    releasePixels(spec.width * spec.height * 8)
  }
}

export async function stage(spec: VideoSpec): Promise<Stage> {
  try {
    return await drawStage(spec)
  } finally {
    releasePixels(spec.width * spec.height * 32)
  }
}

export async function frames({ stage, from, to, control }: FramesTask): Promise<EncodedRun> {
  return encodeFrames(stage, from, to, control)
}

export async function sound(spec: VideoSpec): Promise<Uint8Array> {
  return encodeSound(spec.prompt, spec.seed, spec.durationSeconds)
}

export async function film(parts: FilmParts): Promise<Uint8Array> {
  return muxFilm(parts)
}
