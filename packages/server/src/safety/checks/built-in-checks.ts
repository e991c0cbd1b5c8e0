import type { FairShare } from '../../fairness/fair-share.ts'
import {
  createImageClassifier,
  type ImageClassifierSettings,
} from '../image-classifier/image-classifier.ts'
import { ClassifierUnusable } from '../image-classifier/installed-classifier.ts'
import { checkPrompt, defaultPromptThreshold } from '../prompt-rules/check-prompt.ts'
import { promptCategories } from '../prompt-rules/rules.ts'
import { CheckUnavailable, type SafetyCheck } from './check.ts'

export const promptRulesName = 'prompt-rules'
export const imageClassifierName = 'image-classifier'

/** The word lists and rules as a check. */
export function createPromptRulesCheck(): SafetyCheck {
  const thresholds = Object.fromEntries(
    promptCategories.map((category) => [category, defaultPromptThreshold]),
  )
  return {
    name: promptRulesName,
    stages: ['prompt'],
    thresholds,
    check: (input) =>
      Promise.resolve(input.stage === 'prompt' ? checkPrompt(input.text).verdicts : []),
    close: () => Promise.resolve(),
  }
}

/** The image classifier as a check; its worker starts with the first picture. */
export function createImageClassifierCheck(
  settings: ImageClassifierSettings,
  pictures: FairShare,
): SafetyCheck {
  const classifier = createImageClassifier(settings, pictures)
  return {
    name: imageClassifierName,
    stages: ['image', 'output'],
    thresholds: { sexual: settings.threshold },
    async check(input, asker) {
      if (input.stage === 'prompt') return []
      asker.signal.throwIfAborted()
      try {
        return await classifier.classify(input.image.bytes, asker)
      } catch (cause) {
        asker.signal.throwIfAborted()
        const isUnusable = cause instanceof ClassifierUnusable
        const note = isUnusable ? cause.message : 'the image classifier failed'
        throw new CheckUnavailable(note, { cause })
      }
    },
    close: () => classifier.close(),
  }
}
