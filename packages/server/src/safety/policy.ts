/** Which checks apply to a workspace, and what their scores lead to. */
export interface SafetyPolicy {
  /** Check prompts. */
  prompt: boolean
  /** Check reference images. */
  images: boolean
  /** Check results before they become visible. */
  outputs: boolean
  /** Names of the checks that apply: `prompt-rules`, `image-classifier`, or a plug-in's name. */
  checks: readonly string[]
  /**
   * From which score on a category is refused: `sexual` for every check, `image-classifier:sexual`
   * for one. Above 1 switches the category off.
   */
  thresholds: Readonly<Record<string, number>>
  /** What happens when a check cannot judge: `closed` refuses with a server error, `open` lets through. */
  onFailure: 'open' | 'closed'
}

/** The word rules for prompts, and nothing else, until the operator switches more on. */
export const defaultSafetyPolicy: SafetyPolicy = {
  prompt: true,
  images: true,
  outputs: false,
  checks: ['prompt-rules'],
  thresholds: {},
  onFailure: 'closed',
}

/** A workspace's own settings over the server's; thresholds merge one by one. */
export function mergePolicy(base: SafetyPolicy, own: Partial<SafetyPolicy>): SafetyPolicy {
  return { ...base, ...own, thresholds: { ...base.thresholds, ...own.thresholds } }
}
