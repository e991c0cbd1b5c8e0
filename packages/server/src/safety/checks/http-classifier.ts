import type { Asker, FairShare } from '../../fairness/fair-share.ts'
import { createEndpoint, type EndpointSettings } from './ask-endpoint.ts'
import type { CategoryScore, CheckInput, SafetyCheck, SafetyStage } from './check.ts'
import { asArray, asBoolean, asCategory, asRecord, asScore } from './parse-answer.ts'
import { toSmallJpeg } from './small-copy.ts'

/**
 * Any classifier behind a small JSON protocol (docs/safety.md):
 * `{"stage":"prompt","text":"…"}` or `{"stage":"image","image":{"mime_type":"image/jpeg","data":"…"}}`
 * is answered by `{"categories":[{"category":"…","score":0.1,"flagged":false}]}`.
 */
export interface HttpClassifierSettings extends EndpointSettings {
  name: string
  stages?: readonly SafetyStage[]
  /** Per category; where there is none, the answer's `flagged` decides. */
  thresholds?: Readonly<Record<string, number>>
}

/** `pictures` is what its small copies are made with. */
export function createHttpClassifier(
  settings: HttpClassifierSettings,
  pictures: FairShare,
): SafetyCheck {
  const endpoint = createEndpoint(settings)
  return {
    name: settings.name,
    stages: settings.stages ?? ['prompt', 'image', 'output'],
    thresholds: settings.thresholds ?? {},
    async check(input, asker) {
      return parseCategories(await endpoint.ask(await toBody(input, asker, pictures), asker))
    },
    close: () => endpoint.close(),
  }
}

async function toBody(input: CheckInput, asker: Asker, pictures: FairShare): Promise<unknown> {
  if (input.stage === 'prompt') return { stage: input.stage, text: input.text }
  const copy = await toSmallJpeg(input.image, asker, pictures)
  const image = { mime_type: 'image/jpeg', data: copy.toString('base64') }
  return { stage: input.stage, image }
}

function parseCategories(answer: unknown): CategoryScore[] {
  const entries = asArray(asRecord(answer, 'answer')['categories'], 'categories')
  return entries.map((value) => {
    const entry = asRecord(value, 'categories[]')
    const flagged = entry['flagged']
    return {
      category: asCategory(entry['category']),
      score: asScore(entry['score'], 'score'),
      ...(flagged === undefined ? {} : { isFlagged: asBoolean(flagged, 'flagged') }),
    }
  })
}
