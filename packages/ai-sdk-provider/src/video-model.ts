import type {
  Experimental_VideoModelV4 as VideoModelV4,
  Experimental_VideoModelV4CallOptions as VideoModelV4CallOptions,
  Experimental_VideoModelV4OperationStartResult as StartResult,
  Experimental_VideoModelV4OperationStatusResult as StatusResult,
  JSONValue,
} from '@ai-sdk/provider'
import type { CompletedVideo, Filmgate, Received } from '@filmgate/client'
import { creationFailed, toCallError } from './call-error.ts'
import { toCallOptions, toCreateOptions, type SdkCall } from './call-options.ts'
import type { Connect } from './connect.ts'
import { sizeWarnings, type Warning } from './frame.ts'
import { parseOperation, toOperation } from './operation.ts'
import {
  failureOf,
  fetchOutput,
  firstOutput,
  metadataOf,
  replayWarnings,
  responseOf,
} from './results.ts'
import { toVideoRequest, webhookWarnings } from './video-request.ts'

const url = '/v2/videos/generations'

/** A video model of a Filmgate server. One call is one request, one film and one charge. */
export class FilmgateVideoModel implements VideoModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider = 'filmgate.video'
  readonly modelId: string
  readonly maxVideosPerCall = 1
  readonly #connect: Connect

  constructor(modelId: string, connect: Connect) {
    this.modelId = modelId
    this.#connect = connect
  }

  /** Makes a film and waits for it. Throws an APICallError, or an AbortError when the signal ended it. */
  async doGenerate(options: VideoModelV4CallOptions) {
    const timestamp = new Date()
    const client = this.#connect()
    const { body, idempotencyKey, warnings, expected } = toVideoRequest(this.modelId, options)
    const create = toCreateOptions(options, idempotencyKey)
    const answer = await client.videos
      .generate(body, create)
      .withResponse()
      .catch(creationFailed(url, body, create))
    const film = await toFilm(client, answer, { expected, signal: options.abortSignal }, 'orders')
    return {
      ...film,
      warnings: [...warnings, ...film.warnings, ...replayWarnings(answer, create)],
      response: responseOf(answer, this.modelId, timestamp),
    }
  }

  /** Submits a film. The operation is plain JSON: any process with the same key can ask for it. */
  async doStart(options: VideoModelV4CallOptions & { webhookUrl?: string }): Promise<StartResult> {
    const timestamp = new Date()
    const client = this.#connect()
    const { body, idempotencyKey, warnings, expected } = toVideoRequest(this.modelId, options)
    const create = toCreateOptions(options, idempotencyKey)
    const answer = await client.videos.generations
      .create(body, create)
      .withResponse()
      .catch(creationFailed(url, body, create))
    const { id } = answer.data
    return {
      operation: toOperation(id, expected),
      warnings: [
        ...warnings,
        ...webhookWarnings(options.webhookUrl),
        ...replayWarnings(answer, create),
      ],
      providerMetadata: { filmgate: { id } },
      response: responseOf(answer, this.modelId, timestamp),
    }
  }

  /**
   * Reads how a film is doing, once. Its failure is a result with status `error`. What this throws
   * is about the reading alone: the film goes on.
   */
  async doStatus(options: SdkCall & { operation: JSONValue }): Promise<StatusResult> {
    const timestamp = new Date()
    const client = this.#connect()
    const { id, size } = parseOperation(options.operation)
    const answer = await client.videos.generations
      .retrieve(id, toCallOptions(options))
      .withResponse()
      .catch((error: unknown) => {
        throw toCallError(error, { url: `${url}/${id}`, again: 'reads' })
      })
    const { data } = answer
    const response = responseOf(answer, this.modelId, timestamp)
    if (data.status === 'failed') return { ...failureOf(answer, data), response }
    if (data.status === 'completed') {
      const wanted = { expected: size, signal: options.abortSignal }
      const film = await toFilm(client, { ...answer, data }, wanted, 'reads')
      return { status: 'completed', ...film, response }
    }
    // Also what another server calls a state that is unknown here: neither of the two ends.
    const { progress, queue_position } = data
    const providerMetadata = { filmgate: { id, progress, queue_position } }
    return { status: 'pending', providerMetadata, response }
  }
}

interface Wanted {
  expected: string | undefined
  signal: AbortSignal | undefined
}

/** A finished film with its bytes. */
async function toFilm(
  client: Filmgate,
  answer: Received<CompletedVideo>,
  { expected, signal }: Wanted,
  again: 'orders' | 'reads',
) {
  const { bytes: data, mediaType } = await fetchOutput(client, answer, signal, again)
  const warnings: Warning[] = sizeWarnings('video', expected, firstOutput(answer))
  const providerMetadata = { filmgate: { videos: [metadataOf(answer)] } }
  return { videos: [{ type: 'binary' as const, data, mediaType }], warnings, providerMetadata }
}
