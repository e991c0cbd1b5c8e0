import Type, { type Static } from 'typebox'
import { errorCodes } from './errors.ts'

/** A generation id: `gen_` and a time-ordered UUID without dashes. */
export const GenerationId = Type.String({
  pattern: '^gen_[0-9a-f]{32}$',
  description: 'Id of a generation.',
  examples: ['gen_0198c6a2f4b07c3e9a51d2e6b8f01234'],
})

/** ISO 8601 instant in UTC. */
export const Instant = Type.String({
  format: 'date-time',
  description: 'Instant, ISO 8601 in UTC.',
  examples: ['2026-11-22T18:00:00.000Z'],
})

/** The error object: five fields, always all of them. */
export const ErrorObject = Type.Object(
  {
    message: Type.String({ description: 'What happened and what to do, for a person.' }),
    type: Type.Enum(['invalid_request_error'], { description: 'Always invalid_request_error.' }),
    param: Type.Union([Type.String(), Type.Null()], {
      description: 'The request parameter at fault, such as `images[1].url`; null when none is.',
    }),
    code: Type.Enum(errorCodes, { description: 'One of eight codes; branch on this.' }),
    doc_url: Type.String({ description: 'The page that explains this code.' }),
  },
  { additionalProperties: false, description: 'What went wrong.' },
)
export type ErrorObject = Static<typeof ErrorObject>

/** Body of every answer that is not 2xx. */
export const ErrorBody = Type.Object({ error: ErrorObject }, { additionalProperties: false })
export type ErrorBody = Static<typeof ErrorBody>

/** What a generation costs. Amounts are US dollars. */
export const Usage = Type.Object(
  {
    total_cost: Type.Number({ minimum: 0, description: 'unit_price × quantity, in USD.' }),
    billable_unit: Type.Enum(['image', 'video_second']),
    unit_price: Type.Number({ minimum: 0, description: 'Price of one unit, in USD.' }),
    quantity: Type.Number({ minimum: 0, description: 'Images, or seconds of video.' }),
  },
  { additionalProperties: false },
)
export type Usage = Static<typeof Usage>

/** Answer to `dry_run: true`. */
export const Quote = Type.Object(
  { model: Type.String(), usage: Usage },
  {
    additionalProperties: false,
    description: 'The price of the request; nothing was generated or charged.',
  },
)
export type Quote = Static<typeof Quote>

const progressFields = {
  progress: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1, description: 'Share of the work done, where known.' }),
  ),
  queue_position: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'Jobs of this workspace ahead of this one, where known.',
    }),
  ),
}

/** A generation that has not ended. */
export const PendingGeneration = Type.Object(
  { id: GenerationId, status: Type.Enum(['pending']), ...progressFields },
  { additionalProperties: false },
)

/** A generation that has ended without a result. */
export const FailedGeneration = Type.Object(
  { id: GenerationId, status: Type.Enum(['failed']), error: ErrorObject },
  { additionalProperties: false, description: 'Terminal. To try again, submit a new generation.' },
)

/** The path parameter of operations on one generation. */
export const GenerationPath = Type.Object({ id: GenerationId })

/** What cancelling achieved. */
export const Cancellation = Type.Object(
  {
    id: GenerationId,
    status: Type.Enum(['pending', 'completed', 'failed']),
    cancellation: Type.Enum(['cancelled', 'requested', 'too_late'], {
      description:
        'cancelled: it has ended and costs nothing. requested: the model has not answered yet; read the generation later. too_late: it had already ended.',
    }),
  },
  { additionalProperties: false },
)
export type Cancellation = Static<typeof Cancellation>

const promptMaxLength = 4096

/** Body fields that both generation requests share. */
export const requestFields = {
  model: Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'Model id, from GET /v2/models.',
  }),
  prompt: Type.String({
    minLength: 1,
    maxLength: promptMaxLength,
    description: `What to show, 1-${promptMaxLength} characters.`,
  }),
  aspect_ratio: Type.Optional(
    Type.String({ description: 'Such as 1:1 or 16:9; the model lists what it supports.' }),
  ),
  resolution: Type.Optional(
    Type.String({ description: 'Such as 1K or 720p; the model lists what it supports.' }),
  ),
  seed: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Same seed and request, same file. Only for models whose capabilities say seed.',
    }),
  ),
  dry_run: Type.Optional(
    Type.Boolean({
      description:
        'Validate, check and quote the price without generating. Counted apart from generations, with the same limits per minute.',
    }),
  ),
}

/** Roles a reference image can have. */
export const imageRoles = ['reference_image', 'first_frame', 'last_frame'] as const
export type ImageRole = (typeof imageRoles)[number]

/** Address of a reference image. */
export const imageUrl = Type.String({
  minLength: 1,
  description: 'http(s) address of a public image, or a data: URL with an image.',
})
