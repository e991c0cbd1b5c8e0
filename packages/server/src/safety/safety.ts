/** The composition of every safety check: what the rest of the server calls. */
import { setMaxListeners } from 'node:events'
import { fail } from '../contract/failure.ts'
import { createFairShare, type Asker, type FairShare } from '../fairness/fair-share.ts'
import {
  createImageClassifierCheck,
  createPromptRulesCheck,
  promptRulesName,
} from './checks/built-in-checks.ts'
import {
  CheckUnavailable,
  type CategoryScore,
  type CheckedImage,
  type CheckInput,
  type SafetyCheck,
} from './checks/check.ts'
import { createHttpClassifier, type HttpClassifierSettings } from './checks/http-classifier.ts'
import {
  createModerationEndpoint,
  type ModerationEndpointSettings,
} from './checks/moderation-endpoint.ts'
import {
  defaultImageClassifierSettings,
  type ImageClassifierSettings,
} from './image-classifier/image-classifier.ts'
import { defaultSafetyPolicy, type SafetyPolicy } from './policy.ts'
import type { SafetyVerdict } from './verdict.ts'

/** Everything an operator can set about safety. */
export interface SafetySettings {
  /** The policy of a workspace that has none of its own. */
  policy: SafetyPolicy
  /** The optional classifier that an operator can install. */
  imageClassifier: ImageClassifierSettings
  /** Services with the common moderation form. A policy names those that apply. */
  moderationEndpoints: readonly ModerationEndpointSettings[]
  /** Services with the protocol of docs/safety.md. */
  httpClassifiers: readonly HttpClassifierSettings[]
}

export const defaultSafetySettings: SafetySettings = {
  policy: defaultSafetyPolicy,
  imageClassifier: defaultImageClassifierSettings,
  moderationEndpoints: [],
  httpClassifiers: [],
}

/** Judges prompts, reference images and results. Verdicts come back for the audit trail. */
export interface Safety {
  /** Throws `server_error` (safety_unavailable) if a check is down and the policy is closed. */
  checkPrompt(prompt: string, asker: Asker, policy?: SafetyPolicy): Promise<SafetyVerdict[]>
  checkImages(
    images: readonly CheckedImage[],
    asker: Asker,
    policy?: SafetyPolicy,
  ): Promise<SafetyVerdict[]>
  /** The finished pictures, or a few frames of the finished film. */
  checkOutputs(
    outputs: readonly CheckedImage[],
    asker: Asker,
    policy?: SafetyPolicy,
  ): Promise<SafetyVerdict[]>
  /** Whether any check of the policy looks at results. One that nobody configured counts as down, not as absent. */
  looksAtOutputs(policy: SafetyPolicy): boolean
  close(): Promise<void>
}

/** The verdict to answer with, if any; see `toFailure`. */
export function findRefusal(verdicts: readonly SafetyVerdict[]): SafetyVerdict | undefined {
  return verdicts.find(({ refused }) => refused)
}

/** What a check came to on one input: scores, or why there are none. */
interface Outcome {
  check: SafetyCheck | { name: string; thresholds: Readonly<Record<string, number>> }
  input: CheckInput
  imageIndex: number | undefined
  result: CategoryScore[] | CheckUnavailable
}

/** Builds every check once. `now` gives the time of verdicts; `pictures` is what checks scale pictures with. */
export function createSafety(
  partial: Partial<SafetySettings> = {},
  now: () => number = Date.now,
  pictures: FairShare = createFairShare({ total: 1 }),
): Safety {
  const settings = { ...defaultSafetySettings, ...partial }
  const checks = new Map<string, SafetyCheck>()
  for (const check of buildChecks(settings, pictures)) {
    if (checks.has(check.name)) throw new TypeError(`two safety checks are named ${check.name}`)
    checks.set(check.name, check)
  }

  const judge = async (
    inputs: readonly CheckInput[],
    asker: Asker,
    policy: SafetyPolicy,
  ): Promise<SafetyVerdict[]> => {
    // Each picture may wait for its turn at each check, and all of them give up together.
    setMaxListeners(inputs.length * policy.checks.length + 10, asker.signal)
    const verdicts: SafetyVerdict[] = []
    const failures: { name: string; error: CheckUnavailable }[] = []
    // The word rules cost nothing, so that nobody else is asked about what they refuse.
    const names = policy.checks.toSorted((left, right) => rank(left) - rank(right))
    for (const group of [names.filter((name) => rank(name) === 0), names.filter(rank)]) {
      if (findRefusal(verdicts) !== undefined) break
      const outcomes = await Promise.all(
        group.flatMap((name) =>
          inputs.map((input, index) => run(name, checks.get(name), { input, index, asker })),
        ),
      )
      for (const outcome of outcomes) {
        if (outcome === undefined) continue
        verdicts.push(...toVerdicts(outcome, policy, now()))
        const { check, result } = outcome
        if (result instanceof CheckUnavailable) failures.push({ name: check.name, error: result })
      }
    }
    const failure = failures[0]
    // A refusal stands, whatever the other checks would have said.
    if (failure === undefined || policy.onFailure === 'open' || findRefusal(verdicts))
      return verdicts
    throw fail('server_error', 'safety_unavailable', {
      message:
        'A safety check could not be made, and nothing is let through unchecked. Send the request again later.',
      note: `${failure.name}: ${failure.error.message}`,
      cause: failure.error,
    })
  }

  return {
    async checkPrompt(prompt, asker, policy = settings.policy) {
      return policy.prompt ? await judge([{ stage: 'prompt', text: prompt }], asker, policy) : []
    },
    async checkImages(images, asker, policy = settings.policy) {
      const inputs = images.map((image): CheckInput => ({ stage: 'image', image }))
      return policy.images ? await judge(inputs, asker, policy) : []
    },
    async checkOutputs(outputs, asker, policy = settings.policy) {
      const inputs = outputs.map((image): CheckInput => ({ stage: 'output', image }))
      return policy.outputs ? await judge(inputs, asker, policy) : []
    },
    looksAtOutputs: (policy) =>
      policy.checks.some((name) => checks.get(name)?.stages.includes('output') ?? true),
    async close() {
      await Promise.all([...checks.values()].map((check) => check.close()))
    },
  }
}

function rank(name: string): number {
  return name === promptRulesName ? 0 : 1
}

function buildChecks(settings: SafetySettings, pictures: FairShare): SafetyCheck[] {
  return [
    createPromptRulesCheck(),
    createImageClassifierCheck(settings.imageClassifier, pictures),
    ...settings.moderationEndpoints.map((entry) => createModerationEndpoint(entry, pictures)),
    ...settings.httpClassifiers.map((entry) => createHttpClassifier(entry, pictures)),
  ]
}

async function run(
  name: string,
  check: SafetyCheck | undefined,
  { input, index, asker }: { input: CheckInput; index: number; asker: Asker },
): Promise<Outcome | undefined> {
  const imageIndex = input.stage === 'prompt' ? undefined : index
  if (check === undefined) {
    // A policy may outlive the plug-in it names; that must not switch the check off in silence.
    const result = new CheckUnavailable('no check of this name is configured')
    return { check: { name, thresholds: {} }, input, imageIndex, result }
  }
  if (!check.stages.includes(input.stage)) return undefined
  try {
    return { check, input, imageIndex, result: await check.check(input, asker) }
  } catch (error) {
    asker.signal.throwIfAborted()
    const result = error instanceof CheckUnavailable ? error : toUnavailable(error)
    return { check, input, imageIndex, result }
  }
}

function toUnavailable(cause: unknown): CheckUnavailable {
  return new CheckUnavailable('the check failed in an unexpected way', { cause })
}

const maxVerdictsPerCheck = 5
const minScoreKept = 0.1

/** The worst categories, or one line that says that there was nothing, so that the trail shows the check. */
function toVerdicts(
  { check, input, imageIndex, result }: Outcome,
  policy: SafetyPolicy,
  at: number,
): SafetyVerdict[] {
  const base = {
    stage: input.stage,
    check: check.name,
    at,
    ...(imageIndex === undefined ? {} : { imageIndex }),
  }
  if (result instanceof CheckUnavailable) {
    return [{ ...base, category: 'unavailable', score: 0, rule: result.message, refused: false }]
  }
  const judged = result.map((score) => ({ ...score, refused: isRefused(score, check, policy) }))
  const kept = judged
    .filter(({ score, refused }) => refused || score >= minScoreKept)
    .toSorted(
      (left, right) => Number(right.refused) - Number(left.refused) || right.score - left.score,
    )
    .slice(0, maxVerdictsPerCheck)
  if (kept.length === 0)
    return [{ ...base, category: 'none', score: 0, rule: null, refused: false }]
  return kept.map(({ category, score, rule, refused }) => ({
    ...base,
    category,
    score,
    rule: rule ?? null,
    refused,
  }))
}

function isRefused(
  { category, score, isFlagged }: CategoryScore,
  check: { name: string; thresholds: Readonly<Record<string, number>> },
  policy: SafetyPolicy,
): boolean {
  const threshold =
    policy.thresholds[`${check.name}:${category}`] ??
    policy.thresholds[category] ??
    check.thresholds[category]
  return threshold === undefined ? isFlagged === true : score >= threshold
}
