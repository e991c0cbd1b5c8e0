import {
  createImageClassifier,
  type ImageClassifierSettings,
} from '../image-classifier/image-classifier.ts'
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

/** The bundled classifier as a check; its worker starts with the first picture. */
export function createImageClassifierCheck(settings: ImageClassifierSettings): SafetyCheck {
  const classifier = createImageClassifier(settings)
  return {
    name: imageClassifierName,
    stages: ['image', 'output'],
    thresholds: { sexual: settings.threshold },
    async check(input, signal) {
      if (input.stage === 'prompt') return []
      signal.throwIfAborted()
      try {
        return await classifier.classify(input.image.bytes)
      } catch (cause) {
        throw new CheckUnavailable('the image classifier failed', { cause })
      }
    },
    close: () => classifier.close(),
  }
}
