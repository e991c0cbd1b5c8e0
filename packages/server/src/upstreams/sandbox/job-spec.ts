import type { ErrorCode } from '../../contract/errors.ts'
import type { ImageRole } from '../../contract/common.ts'
import type { GenerationType } from '../../contract/generations.ts'
import type { OutputFormat } from '../../contract/images.ts'
import type { UpstreamFault } from './directives.ts'

/** A sandbox job as it is stored: what to draw, and what is to go wrong. */
export interface JobSpec {
  type: GenerationType
  /** Whose turn at drawing it takes. */
  tenant: string
  prompt: string
  seed: number
  width: number
  height: number
  /** Images only. */
  format: OutputFormat
  /** Videos only. */
  durationSeconds: number
  /** Videos only. */
  sound: boolean
  images: { role: ImageRole; base64: string }[]
  delayMs: number
  stalls: boolean
  expired: boolean
  /** Polls that fail before one succeeds. */
  pollFaults: number
  failWith?: ErrorCode
  fault?: UpstreamFault
}
