import Type, { type TObject, type TSchema } from 'typebox'
import { Balance, Costs, CostsQuery } from './billing.ts'
import { Cancellation, GenerationPath, PendingGeneration, Quote } from './common.ts'
import type { ErrorCode } from './errors.ts'
import { GenerationList, ListGenerationsQuery } from './generations.ts'
import { Health, Readiness } from './health.ts'
import { CompletedImage, CreateImageRequest, ImageGeneration } from './images.ts'
import { ListModelsQuery, ModelList } from './models.ts'
import { CreateVideoRequest, VideoGeneration } from './videos.ts'

/** One answer that is not an error. */
export interface OperationResponse {
  description: string
  /** Absent where the body is not JSON. */
  schema?: TSchema
  contentType?: string
}

/** What a key may do: make things and follow them, or look at what there is. */
export const keyScopes = ['generate', 'read'] as const
export type KeyScope = (typeof keyScopes)[number]

/** One endpoint. Routing, validation, OpenAPI, docs and the tests' coverage all come from these rows. */
export type Operation = OperationRow & Access

/** `key`: needs a bearer key with at least one of the scopes. `none`: open to everybody. */
type Access = { auth: 'key'; scopes: readonly KeyScope[] } | { auth: 'none' }

interface OperationRow {
  method: 'GET' | 'POST'
  /** With parameters in braces, as OpenAPI writes them. */
  path: string
  tag: 'Images' | 'Videos' | 'Generations' | 'Models' | 'Billing' | 'Files' | 'Operations' | 'Docs'
  summary: string
  description: string
  params?: TObject
  query?: TObject
  body?: TObject
  /** Pages of any origin may read the answers; of the others, those that the operator lists. */
  anyOrigin?: true
  /** Request headers with a meaning of their own here, for the docs. */
  headers?: readonly string[]
  responses: Partial<Record<200 | 202 | 206 | 304 | 503, OperationResponse>>
  /** Error codes that it can answer, besides server_error, which every operation can. */
  errors: readonly ErrorCode[]
}

const creationErrors = [
  'invalid_api_key',
  'parameter_missing',
  'invalid_parameter',
  'quota_exceeded',
  'content_policy_violation',
  'rate_limit',
  'not_found',
] as const

const html = (description: string) => ({
  200: { description, contentType: 'text/html; charset=utf-8' },
})

export const operations = {
  createImage: {
    method: 'POST',
    path: '/v2/images/generations',
    tag: 'Images',
    summary: 'Generate an image',
    description:
      'Waits for the picture and answers with a link to it. With `Prefer: respond-async` it answers 202 at once, to be followed with `GET /v2/images/generations/{id}`.',
    auth: 'key',
    scopes: ['generate'],
    body: CreateImageRequest,
    headers: ['Idempotency-Key', 'Prefer'],
    responses: {
      200: {
        description:
          'The finished picture; the price alone for a dry run; or, with `Prefer: wait`, the generation as it ended.',
        schema: Type.Union([CompletedImage, Quote, ImageGeneration]),
      },
      202: { description: 'Accepted (`Prefer: respond-async`).', schema: PendingGeneration },
    },
    errors: creationErrors,
  },
  getImage: {
    method: 'GET',
    path: '/v2/images/generations/{id}',
    tag: 'Images',
    summary: 'Read an image generation',
    description:
      'The state of an image generation. `Prefer: wait=N` holds the answer until it ends, at most N seconds and never more than 50.',
    auth: 'key',
    scopes: ['generate', 'read'],
    params: GenerationPath,
    headers: ['Prefer'],
    responses: { 200: { description: 'Its state.', schema: ImageGeneration } },
    errors: ['invalid_api_key', 'invalid_parameter', 'not_found'],
  },
  cancelImage: {
    method: 'POST',
    path: '/v2/images/generations/{id}/cancel',
    tag: 'Images',
    summary: 'Cancel an image generation',
    description: 'Ends it as failed if the model had not finished, and says what that achieved.',
    auth: 'key',
    scopes: ['generate'],
    params: GenerationPath,
    responses: { 200: { description: 'What cancelling achieved.', schema: Cancellation } },
    errors: ['invalid_api_key', 'invalid_parameter', 'not_found'],
  },
  createVideo: {
    method: 'POST',
    path: '/v2/videos/generations',
    tag: 'Videos',
    summary: 'Generate a video',
    description:
      'Answers 202 as soon as the generation is accepted and checked. Follow it with `GET /v2/videos/generations/{id}`. With `Prefer: wait=N` the answer is held until it ends, at most N seconds and never more than 50.',
    auth: 'key',
    scopes: ['generate'],
    body: CreateVideoRequest,
    headers: ['Idempotency-Key', 'Prefer'],
    responses: {
      200: {
        description:
          'The price for a dry run; or, with `Prefer: wait`, the generation as it ended.',
        schema: Type.Union([Quote, VideoGeneration]),
      },
      202: { description: 'Accepted.', schema: PendingGeneration },
    },
    errors: creationErrors,
  },
  getVideo: {
    method: 'GET',
    path: '/v2/videos/generations/{id}',
    tag: 'Videos',
    summary: 'Read a video generation',
    description:
      'The state of a video generation. A generation that failed is answered with 200, `status: "failed"` and `error`. `Prefer: wait=N` holds the answer until it ends, at most N seconds and never more than 50.',
    auth: 'key',
    scopes: ['generate', 'read'],
    params: GenerationPath,
    headers: ['Prefer'],
    responses: { 200: { description: 'Its state.', schema: VideoGeneration } },
    errors: ['invalid_api_key', 'invalid_parameter', 'not_found'],
  },
  cancelVideo: {
    method: 'POST',
    path: '/v2/videos/generations/{id}/cancel',
    tag: 'Videos',
    summary: 'Cancel a video generation',
    description: 'Ends it as failed if the model had not finished, and says what that achieved.',
    auth: 'key',
    scopes: ['generate'],
    params: GenerationPath,
    responses: { 200: { description: 'What cancelling achieved.', schema: Cancellation } },
    errors: ['invalid_api_key', 'invalid_parameter', 'not_found'],
  },
  listGenerations: {
    method: 'GET',
    path: '/v2/generations',
    tag: 'Generations',
    summary: 'List generations',
    description: "The generations of this key's workspace and mode, newest first.",
    auth: 'key',
    scopes: ['read'],
    query: ListGenerationsQuery,
    responses: { 200: { description: 'One page.', schema: GenerationList } },
    errors: ['invalid_api_key', 'invalid_parameter', 'not_found'],
  },
  listModels: {
    method: 'GET',
    path: '/v2/models',
    tag: 'Models',
    summary: 'List models',
    description: 'What this server can run, with the values each model accepts and what it costs.',
    auth: 'key',
    scopes: ['generate', 'read'],
    query: ListModelsQuery,
    responses: { 200: { description: 'All models.', schema: ModelList } },
    errors: ['invalid_api_key', 'invalid_parameter'],
  },
  getBalance: {
    method: 'GET',
    path: '/v2/billing/balance',
    tag: 'Billing',
    summary: 'Read the balance',
    description: 'What the workspace can still spend.',
    auth: 'key',
    scopes: ['read'],
    responses: { 200: { description: 'The balance.', schema: Balance } },
    errors: ['invalid_api_key', 'invalid_parameter'],
  },
  getCosts: {
    method: 'GET',
    path: '/v2/billing/costs',
    tag: 'Billing',
    summary: 'Read costs by day',
    description: 'What completed generations cost, one bucket for each UTC date.',
    auth: 'key',
    scopes: ['read'],
    query: CostsQuery,
    responses: { 200: { description: 'The costs.', schema: Costs } },
    errors: ['invalid_api_key', 'parameter_missing', 'invalid_parameter'],
  },
  downloadFile: {
    method: 'GET',
    path: '/v2/downloads/{id}/{index}',
    anyOrigin: true,
    tag: 'Files',
    summary: 'Download a file',
    description:
      'The file behind the `url` of a finished generation. Signed, needs no key; supports ranges and ETags. Pages of any origin may read it.',
    auth: 'none',
    params: Type.Object({ id: Type.String(), index: Type.String() }),
    responses: {
      200: { description: 'The whole file.', contentType: 'application/octet-stream' },
      206: { description: 'The part that was asked for.', contentType: 'application/octet-stream' },
      304: { description: "The caller's copy is current." },
    },
    errors: ['not_found'],
  },
  getHealth: {
    method: 'GET',
    path: '/healthz',
    tag: 'Operations',
    summary: 'Is the process alive?',
    description: 'Answers as long as the process runs.',
    auth: 'none',
    responses: { 200: { description: 'It is.', schema: Health } },
    errors: [],
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    tag: 'Operations',
    summary: 'Can it take requests?',
    description:
      'For load balancers: 503 while its database or its disk fails. A server that is stopping accepts no connection at all.',
    auth: 'none',
    responses: {
      200: { description: 'It can.', schema: Readiness },
      503: { description: 'It cannot; `checks` says why.', schema: Readiness },
    },
    errors: [],
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    anyOrigin: true,
    tag: 'Docs',
    summary: 'OpenAPI description',
    description: 'This API as an OpenAPI 3.1 document.',
    auth: 'none',
    responses: { 200: { description: 'The document.', schema: Type.Object({}) } },
    errors: [],
  },
  getHome: {
    method: 'GET',
    path: '/',
    tag: 'Docs',
    summary: 'Start page',
    description: 'What this server is, for people with a browser.',
    auth: 'none',
    responses: html('The page.'),
    errors: [],
  },
  getReference: {
    method: 'GET',
    path: '/docs',
    tag: 'Docs',
    summary: 'Reference',
    description: 'Every operation, for people with a browser.',
    auth: 'none',
    responses: html('The page.'),
    errors: [],
  },
  getModelsPage: {
    method: 'GET',
    path: '/docs/models',
    tag: 'Docs',
    summary: 'Models page',
    description: 'What each model accepts and costs, for people with a browser.',
    auth: 'none',
    responses: html('The page.'),
    errors: [],
  },
  getErrorsPage: {
    method: 'GET',
    path: '/docs/errors',
    tag: 'Docs',
    summary: 'The eight error codes',
    description: 'All codes on one page.',
    auth: 'none',
    responses: html('The page.'),
    errors: [],
  },
  getErrorPage: {
    method: 'GET',
    path: '/docs/errors/{code}',
    tag: 'Docs',
    summary: 'One error code',
    description: 'The page that `doc_url` points to.',
    auth: 'none',
    params: Type.Object({ code: Type.String() }),
    responses: html('The page.'),
    errors: ['not_found'],
  },
} as const satisfies Record<string, Operation>

export type OperationId = keyof typeof operations

/** The table as plain rows, for those who walk over it. */
export const operationRows: readonly (Operation & { id: OperationId })[] = Object.entries(
  operations,
).map(
  // Object.entries loses the key's literal type; the table is closed, so the cast holds.
  ([id, row]) => ({ ...(row as Operation), id: id as OperationId }),
)
