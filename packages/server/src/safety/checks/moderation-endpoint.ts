import type { Asker, FairShare } from '../../fairness/fair-share.ts'
import { createEndpoint, type EndpointSettings } from './ask-endpoint.ts'
import type { CategoryScore, CheckInput, SafetyCheck, SafetyStage } from './check.ts'
import { asArray, asBoolean, asCategory, asRecord, asScore } from './parse-answer.ts'
import { toSmallJpeg } from './small-copy.ts'

/** A service with the widespread `POST /v1/moderations` form. */
export interface ModerationEndpointSettings extends EndpointSettings {
  name: string
  /** Sent as `model`; left out when absent, so that the service uses its own default. */
  model?: string
  /** Which stages it is asked about; leave out the pictures if its model reads text only. */
  stages?: readonly SafetyStage[]
  /** Per category; where there is none, the service's own verdict decides. */
  thresholds?: Readonly<Record<string, number>>
}

/** `pictures` is what its small copies are made with. */
export function createModerationEndpoint(
  settings: ModerationEndpointSettings,
  pictures: FairShare,
): SafetyCheck {
  const endpoint = createEndpoint(settings)
  return {
    name: settings.name,
    stages: settings.stages ?? ['prompt', 'image', 'output'],
    thresholds: settings.thresholds ?? {},
    async check(input, asker) {
      const model = settings.model === undefined ? {} : { model: settings.model }
      const body = { ...model, input: await toInput(input, asker, pictures) }
      return parseModeration(await endpoint.ask(body, asker))
    },
    close: () => endpoint.close(),
  }
}

async function toInput(input: CheckInput, asker: Asker, pictures: FairShare): Promise<unknown> {
  // A plain string is understood by every such service, the typed list only by those for pictures.
  if (input.stage === 'prompt') return input.text
  const copy = await toSmallJpeg(input.image, asker, pictures)
  const url = `data:image/jpeg;base64,${copy.toString('base64')}`
  return [{ type: 'image_url', image_url: { url } }]
}

function parseModeration(answer: unknown): CategoryScore[] {
  const results = asArray(asRecord(answer, 'answer')['results'], 'results')
  const result = asRecord(results[0], 'results[0]')
  asBoolean(result['flagged'], 'flagged')
  const flags = asRecord(result['categories'], 'categories')
  const scores = Object.entries(asRecord(result['category_scores'], 'category_scores'))
  return scores.map(([name, score]) => ({
    category: asCategory(name),
    score: asScore(score, name),
    // Some services leave categories that do not apply to the input out of the flags, or null.
    isFlagged: flags[name] === true,
  }))
}
