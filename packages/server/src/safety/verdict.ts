import { fail, type Failure } from '../contract/failure.ts'
import type { SafetyStage } from './checks/check.ts'

/** One line of the audit trail. It never holds the prompt or the picture. */
export interface SafetyVerdict {
  stage: SafetyStage
  /** Name of the check that said it. */
  check: string
  /** What it is about; `none` when a check found nothing, `unavailable` when it could not judge. */
  category: string
  score: number
  /** What in the check led to it, if it tells. */
  rule: string | null
  refused: boolean
  /** Position in `images[]`, or of the output. */
  imageIndex?: number
  /** Milliseconds since 1970. */
  at: number
}

const categoryWords: Readonly<Record<string, string>> = {
  sexual: 'sexual content',
  'sexual/minors': 'sexual content that involves minors',
  'violence/graphic': 'graphic violence',
  violence: 'violence',
  hate: 'hatred against a group of people',
  'hate/threatening': 'threats against a group of people',
  harassment: 'harassment',
  'harassment/threatening': 'threats',
  illicit: 'instructions for wrongdoing',
  'illicit/violent': 'instructions for weapons or violence',
  'self-harm': 'self-harm',
  'self-harm/intent': 'self-harm',
  'self-harm/instructions': 'instructions for self-harm',
}

/** The 422 for a refused verdict; `param` names the prompt or the picture. */
export function toFailure(verdict: SafetyVerdict): Failure {
  const { stage, check, category, score, rule, imageIndex } = verdict
  const words = categoryWords[category] ?? `the category ${category}`
  const note = `${check}: ${category} ${score}${rule === null ? '' : ` (${rule})`}`
  if (stage === 'prompt') {
    return fail('content_policy_violation', 'prompt_refused', {
      message: `The prompt was refused by a safety check for ${words}. Rewrite it without that content.`,
      param: 'prompt',
      note,
    })
  }
  if (stage === 'image') {
    const param = `images[${imageIndex ?? 0}].url`
    return fail('content_policy_violation', 'image_refused', {
      message: `The image at ${param} was refused by a safety check for ${words}. Use another image.`,
      param,
      note,
    })
  }
  return fail('content_policy_violation', 'output_refused', {
    message: `The result was withheld by a safety check for ${words}. Rewrite the prompt to steer away from it.`,
    param: 'prompt',
    note,
  })
}
