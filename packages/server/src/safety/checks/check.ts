import type { Asker } from '../../fairness/fair-share.ts'

/** Where in the life of a generation a check looks. */
export type SafetyStage = 'prompt' | 'image' | 'output'

/** A picture to judge. Checks make their own small copy; the bytes are not changed. */
export interface CheckedImage {
  bytes: Uint8Array
  mimeType: string
}

export type CheckInput =
  | { stage: 'prompt'; text: string }
  | { stage: 'image' | 'output'; image: CheckedImage }

/** What a check says about one category. */
export interface CategoryScore {
  category: string
  /** 0 to 1; higher is worse. */
  score: number
  /** The check's own opinion, used where no threshold is set for the category. */
  isFlagged?: boolean
  /** What in the check led to it, for the audit trail. */
  rule?: string
}

/** One way of judging content. It has no policy: what its scores lead to is decided elsewhere. */
export interface SafetyCheck {
  name: string
  stages: readonly SafetyStage[]
  /** From which score on a category is refused, unless the policy says otherwise. */
  thresholds: Readonly<Record<string, number>>
  /** Throws `CheckUnavailable` when it cannot judge, and the signal's reason when aborted. */
  check(input: CheckInput, asker: Asker): Promise<CategoryScore[]>
  close(): Promise<void>
}

/** A check that is down, too slow, or answers something that is not its protocol. */
export class CheckUnavailable extends Error {
  override readonly name = 'CheckUnavailable'
}
