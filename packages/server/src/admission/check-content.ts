/**
 * The content checks between acceptance and the first upstream: the prompt, then the reference
 * images, which are fetched here, once, and kept with the generation. Whatever is refused ends the
 * generation before anybody else was asked.
 */
import { fail, Failure } from '../contract/failure.ts'
import { tenantOf, type Asker, type FairShare } from '../fairness/fair-share.ts'
import type { ContentVerdict } from '../generations/context.ts'
import type { Generation } from '../generations/generation.ts'
import type { CheckedImage } from '../safety/checks/check.ts'
import { FramesUnavailableError, takeFrames } from '../media/frames.ts'
import type { Output } from '../media/outputs.ts'
import {
  expireInlineImages,
  findInlineImages,
  inMemory,
  removeInlineFiles,
  type InlineImage,
  type InlineImages,
} from '../media/inline-images.ts'
import { readAll, type MediaStore } from '../media/media-store.ts'
import {
  insertReferenceFiles,
  keepReferenceFiles,
  readReferenceFiles,
  removeUnrecordedReferences,
  type FetchedImage,
  type ReferenceFile,
} from '../media/reference-files.ts'
import type { GenerationInput } from '../models/parse-input.ts'
import type { SafetyPolicy } from '../safety/policy.ts'
import type {
  ReferenceImages,
  ReferenceRequest,
} from '../safety/reference-images/reference-images.ts'
import { findRefusal, type Safety } from '../safety/safety.ts'
import { toFailure, type SafetyVerdict } from '../safety/verdict.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { policyOf, recordVerdicts } from './safety-trail.ts'

/** What the checks need from the rest of the server. */
export interface ContentContext {
  database: Database
  mediaStore: MediaStore
  safety: Safety
  references: ReferenceImages
  /** The server's policy; a workspace's own settings go over it. */
  policy: SafetyPolicy
  clock: () => number
  /** Whether pictures can be taken out of films on this machine. */
  canTakeFrames: () => Promise<boolean>
  /** Films that pictures are taken out of at once. */
  films: FairShare
}

/**
 * Checks a generation's content, and keeps its reference images if it passes. Safe to repeat after a
 * crash. What it found is written by `record`, in the transaction of what follows.
 */
export async function checkContent(
  context: ContentContext,
  generation: Generation,
  signal: AbortSignal,
): Promise<ContentVerdict> {
  const findings: Findings = { verdicts: [], files: [] }
  const record = (tx: Transaction) => recordFindings(tx, generation, findings)
  const afterwards = () =>
    removeInlineFiles(context.mediaStore, generation.id, generation.input.images.keys())
  try {
    await checkAndKeep(context, generation, { findings, signal })
    return { refusal: undefined, record, afterwards }
  } catch (error) {
    const { id: generationId, input } = generation
    const { database, mediaStore } = context
    const count = input.images.length
    findings.files = []
    await removeUnrecordedReferences(database.read, mediaStore, { generationId, count })
    if (error instanceof Failure) return { refusal: error, record, afterwards }
    throw error
  }
}

/** What the checks have found so far. */
interface Findings {
  verdicts: SafetyVerdict[]
  files: ReferenceFile[]
}

async function recordFindings(
  tx: Transaction,
  generation: Generation,
  { verdicts, files }: Findings,
): Promise<void> {
  if (verdicts.length > 0) await recordVerdicts(tx, generation.id, verdicts)
  if (files.length === 0) return
  await insertReferenceFiles(tx, files, generation)
  await expireInlineImages(tx, generation.id)
}

async function checkAndKeep(
  context: ContentContext,
  generation: Generation,
  { findings, signal }: { findings: Findings; signal: AbortSignal },
): Promise<void> {
  const { database, mediaStore, safety } = context
  const { id, input, workspaceId } = generation
  const asker = { tenant: tenantOf(generation), signal }
  const policy = await policyOf(database.read, workspaceId, context.policy)
  await assertOutputsCanBeChecked(context, input, policy)
  const keep = (verdicts: SafetyVerdict[]) => {
    findings.verdicts.push(...verdicts)
    judge(verdicts)
  }
  keep(await safety.checkPrompt(input.prompt, asker, policy))
  if (input.images.length === 0) return
  findings.files = await withImages(context, generation, asker, async (images) => {
    keep(await safety.checkImages(images, asker, policy))
    return keepReferenceFiles(mediaStore, id, images)
  })
}

/** The same checks for a request that is only asked about; nothing is kept. */
export async function tryContent(
  context: ContentContext,
  {
    input,
    inlineImages,
    caller,
  }: {
    input: GenerationInput
    inlineImages: InlineImages
    caller: Pick<Generation, 'workspaceId' | 'mode'>
  },
  signal: AbortSignal,
): Promise<void> {
  const { database, safety, references } = context
  const inline = new Map([...inlineImages].map(([at, text]) => [at, inMemory(text)]))
  const asker = { tenant: tenantOf(caller), signal }
  const policy = await policyOf(database.read, caller.workspaceId, context.policy)
  await assertOutputsCanBeChecked(context, input, policy)
  judge(await safety.checkPrompt(input.prompt, asker, policy))
  if (input.images.length === 0) return
  const verdicts = await references.withLoaded(toReferences(input, inline), asker, (images) =>
    safety.checkImages(images, asker, policy),
  )
  judge(verdicts)
}

/** Checks finished files before anybody sees them; throws the failure that withholds them. */
export async function checkOutputs(
  context: ContentContext,
  generation: Generation,
  outputs: readonly Output[],
  signal: AbortSignal,
): Promise<void> {
  const { database, safety, clock } = context
  const { id, workspaceId } = generation
  const asker = { tenant: tenantOf(generation), signal }
  const policy = await policyOf(database.read, workspaceId, context.policy)
  if (!policy.outputs) return
  const pictures: CheckedImage[] = []
  const unseen: SafetyVerdict[] = []
  for (const [imageIndex, output] of outputs.entries()) {
    try {
      pictures.push(...(await toPictures(context, output, asker)))
    } catch (error) {
      if (!(error instanceof FramesUnavailableError)) throw error
      if (policy.onFailure === 'closed') throw cannotLook(error)
      unseen.push(toUnseen(imageIndex, clock()))
    }
  }
  const judged = await safety.checkOutputs(pictures, asker, policy)
  await recordAndJudge(database, id, [...unseen, ...judged])
}

async function toPictures(
  { mediaStore, films }: ContentContext,
  output: Output,
  asker: Asker,
): Promise<CheckedImage[]> {
  const { storageKey, mimeType, durationMs } = output
  const isFilm = durationMs !== null
  if (!isFilm) return [{ bytes: await readAll(mediaStore, storageKey), mimeType }]
  const leave = await films.take(asker)
  try {
    return await mediaStore.withLocalFile(storageKey, takeFrames)
  } finally {
    leave()
  }
}

function cannotLook(cause: FramesUnavailableError): Failure {
  return fail('server_error', 'safety_unavailable', {
    message:
      'The film could not be looked at, and nothing is delivered unchecked. Send the request again later.',
    note: cause.message,
    cause,
  })
}

/** The line that says that nobody looked at an output. */
function toUnseen(imageIndex: number, at: number): SafetyVerdict {
  const rule = 'no picture could be taken out of the film'
  const nothing = { category: 'unavailable', score: 0, refused: false }
  return { ...nothing, stage: 'output', check: 'ffmpeg', rule, imageIndex, at }
}

// Found out before anything is spent rather than when the result is there and cannot be judged.
async function assertOutputsCanBeChecked(
  { canTakeFrames, safety }: ContentContext,
  { duration }: GenerationInput,
  policy: SafetyPolicy,
): Promise<void> {
  if (!policy.outputs || policy.onFailure === 'open') return
  if (!safety.looksAtOutputs(policy)) {
    throw misconfigured('the output check is on, but no check of the policy looks at results')
  }
  if (duration !== null && !(await canTakeFrames())) {
    throw misconfigured('the output check of films needs ffmpeg on the PATH of the gateway')
  }
}

function misconfigured(note: string): Failure {
  return fail('server_error', 'safety_unavailable', {
    message:
      'Results are to be checked on this server before they are delivered, and it lacks what that takes. Nothing was made or charged. Only who runs the server can mend it: report these ids.',
    note,
    shouldRetry: false,
  })
}

/** Fetched once: after a crash, those that were kept are taken. */
async function withImages<Result>(
  { database, mediaStore, references }: ContentContext,
  { id, input }: Generation,
  asker: Asker,
  use: (images: FetchedImage[]) => Promise<Result>,
): Promise<Result> {
  const kept = await readReferenceFiles(database.read, mediaStore, id)
  if (kept.length > 0) return use(kept)
  const inline = await findInlineImages(database.read, mediaStore, id)
  return references.withLoaded(toReferences(input, inline), asker, use)
}

function toReferences(
  { images }: GenerationInput,
  inline: ReadonlyMap<number, InlineImage>,
): ReferenceRequest[] {
  return images.map((image, position) => {
    const source = inline.get(position)
    return source === undefined ? image : { ...image, inline: source }
  })
}

async function recordAndJudge(
  database: Database,
  generationId: string,
  verdicts: SafetyVerdict[],
): Promise<void> {
  if (verdicts.length > 0) {
    await database.transaction((tx) => recordVerdicts(tx, generationId, verdicts))
  }
  judge(verdicts)
}

function judge(verdicts: SafetyVerdict[]): void {
  const refusal = findRefusal(verdicts)
  if (refusal !== undefined) throw toFailure(refusal)
}
