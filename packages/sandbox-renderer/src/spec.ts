export interface ReferenceInput {
  bytes: Uint8Array
  role: 'reference_image' | 'first_frame' | 'last_frame'
}

export interface ImageSpec {
  prompt: string
  /** Any safe integer from 0. */
  seed: number
  width: number
  height: number
  format: 'png' | 'jpeg' | 'webp'
  references: ReferenceInput[]
}

export interface VideoSpec {
  prompt: string
  seed: number
  /** Even, because H.264 stores colour at half size. */
  width: number
  height: number
  durationSeconds: number
  sound: boolean
  references: ReferenceInput[]
}

export const framesPerSecond = 24

/** How many frames a film of this length has: exactly its duration times 24, and never none. */
export function countFrames(durationSeconds: number): number {
  return Math.max(1, Math.round(durationSeconds * framesPerSecond))
}
