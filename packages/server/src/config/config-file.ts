/** The configuration file: every setting once, with its schema, default, unit and a sentence for the docs. */
import Type, { type Static } from 'typebox'
import { imageRoles } from '../contract/common.ts'
import { generationTypes } from '../contract/generations.ts'
import { outputFormats } from '../contract/images.ts'
import { logLevels } from '../telemetry/log.ts'
import { SafetyFile } from './safety-config.ts'

const closed = { additionalProperties: false }
const seconds = (description: string, maximum: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description }))

const ModelConfig = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
      description: 'What clients send as model.',
    }),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'For people; the id when left out.',
      }),
    ),
    type: Type.Enum(generationTypes),
    aspect_ratios: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{1,2}:\\d{1,2}$' }), {
        minItems: 1,
        description: 'The first is the default.',
      }),
    ),
    output_formats: Type.Optional(
      Type.Array(Type.Enum(outputFormats), { minItems: 1, description: 'Images only.' }),
    ),
    durations: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 10 }), {
        minItems: 1,
        description: 'Whole seconds, videos only; the first is the default.',
      }),
    ),
    sound: Type.Optional(Type.Boolean({ description: 'Videos only.' })),
    image_roles: Type.Optional(Type.Array(Type.Enum(imageRoles))),
    max_images: Type.Optional(Type.Integer({ minimum: 0, maximum: 8 })),
    unit_prices: Type.Record(
      Type.String({ pattern: '^(1K|2K|4K|480p|720p|1080p)$' }),
      Type.Number({ minimum: 0, maximum: 1000 }),
      {
        description:
          'USD for an image or a second of video, by resolution. These are the resolutions the model has; the first is the default.',
      },
    ),
    deadline_seconds: seconds('Longest time from acceptance to the end.', 86_400),
    routes: Type.Array(Type.Object({ upstream: Type.Enum(['sandbox']) }, closed), {
      minItems: 1,
      maxItems: 8,
      description: 'Tried in this order. `sandbox` is the built-in upstream.',
    }),
  },
  closed,
)
export type ModelConfig = Static<typeof ModelConfig>

/** The configuration file. */
export const ConfigFile = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    public_url: Type.Optional(
      Type.String({
        description:
          'Address under which clients reach the gateway, which may have a path; needed behind a proxy. FILMGATE_PUBLIC_URL overrides it.',
      }),
    ),
    log_level: Type.Optional(Type.Enum(logLevels)),
    sandbox: Type.Optional(
      Type.Object(
        {
          threads: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 64,
              description: 'Threads that draw; the number of cores when left out.',
            }),
          ),
          image_deadline_seconds: seconds(
            'Longest time for a sandbox image; 50 when left out, so that its answer comes before proxies cut at 60. Whoever sets more has to let proxies and clients wait as long, and 5 seconds more.',
            3600,
          ),
          video_deadline_seconds: seconds(
            'Longest time for a sandbox video; 900 when left out.',
            86_400,
          ),
        },
        closed,
      ),
    ),
    retention: Type.Optional(
      Type.Object(
        {
          files_seconds: seconds(
            'How long finished files are kept; 30 days when left out.',
            10 * 366 * 86_400,
          ),
          test_files_seconds: seconds(
            'The same for files made with test keys; one day when left out, or files_seconds if that is less.',
            10 * 366 * 86_400,
          ),
          prompts: Type.Optional(
            Type.Boolean({
              description:
                'Whether prompts are kept after a generation has ended; false when left out.',
            }),
          ),
        },
        closed,
      ),
    ),
    downloads: Type.Optional(
      Type.Object(
        {
          url_seconds: seconds(
            'How long a fresh download link works at least; one day when left out.',
            366 * 86_400,
          ),
        },
        closed,
      ),
    ),
    cors_origins: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1000 })], {
        description:
          'Origins whose pages may call the API from a browser, such as https://app.example.com, or "*" for all; none when left out. Downloads and /openapi.json are open to all.',
      }),
    ),
    drain_seconds: seconds(
      'How long a stopping gateway lets running requests go on; 20 when left out.',
      3600,
    ),
    keep_alive_seconds: seconds(
      'How long an idle connection stays open; 75 when left out. Longer than the proxy in front keeps its own, so that no request meets a closing connection.',
      3600,
    ),
    limits: Type.Optional(
      Type.Object(
        {
          connections: Type.Optional(
            Type.Integer({
              minimum: 10,
              maximum: 100_000,
              description:
                'Connections that are open at once; 2000 when left out. Behind a proxy it must be more than the proxy keeps open.',
            }),
          ),
          bodies_mebibytes: Type.Optional(
            Type.Integer({
              minimum: 32,
              maximum: 1_048_576,
              description:
                'Memory for the bodies of all requests that are being received; 256 when left out.',
            }),
          ),
          bodies_per_workspace_mebibytes: Type.Optional(
            Type.Integer({
              minimum: 32,
              maximum: 1_048_576,
              description:
                'The part of it that one workspace may take with its live keys, and as much with its test keys; 64 when left out.',
            }),
          ),
        },
        closed,
      ),
    ),
    safety: Type.Optional(SafetyFile),
    models: Type.Optional(
      Type.Array(ModelConfig, {
        maxItems: 500,
        description: 'Models besides sandbox-image and sandbox-video.',
      }),
    ),
  },
  closed,
)
export type ConfigFile = Static<typeof ConfigFile>
