/**
 * The configuration file: every setting once, with its schema, default and a sentence. From here come
 * what is read, the messages about what is wrong, docs/configuration.md and the schema for editors.
 */
import Type, { type Static } from 'typebox'
import { imageRoles } from '../contract/common.ts'
import { generationTypes } from '../contract/generations.ts'
import { outputFormats } from '../contract/images.ts'
import { sandboxDeadlineSeconds } from '../upstreams/sandbox/models.ts'
import { adapterNames } from '../upstreams/adapter-names.ts'
import { logLevels } from '../telemetry/log.ts'
import { SafetyFile } from './safety-file.ts'

const closed = { additionalProperties: false }
const day = 86_400

/** How long files made with test keys are kept at most, if the file does not say. */
export const defaultTestFilesSeconds = day

interface Extent {
  minimum?: number
  maximum: number
  default?: number
}

const seconds = (description: string, extent: Extent) =>
  Type.Integer({ minimum: 1, ...extent, description })

const upstreamName = '^[a-z0-9][a-z0-9-]{0,39}$'
const upstreamNameForm =
  '1 to 40 lower-case letters, digits and hyphens, the first a letter or digit'

const Secret = Type.Union(
  [
    Type.Object({ env: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,99}$' }) }, closed),
    Type.Object({ file: Type.String({ minLength: 1, maxLength: 4096 }) }, closed),
  ],
  {
    form: '{ "env": NAME } or { "file": PATH }, never the key itself',
    description:
      'Where its key is: a variable of the environment, or a file that holds nothing else.',
  },
)

const UpstreamConfig = Type.Object(
  {
    adapter: Type.Enum(adapterNames, { description: 'Whose language it speaks.' }),
    base_url: Type.Optional(
      Type.String({
        form: 'an http or https address such as http://127.0.0.1:8188',
        description:
          'Where it is, with the version path where it has one. That of the provider when left out; a server of your own needs it.',
      }),
    ),
    api_key: Type.Optional(Secret),
    concurrency: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description:
          'Jobs that it is given at once; the others wait their turn here. No limit when left out.',
      }),
    ),
    requests_per_minute: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: 'Jobs that it is given within any minute. No limit when left out.',
      }),
    ),
  },
  closed,
)
export type UpstreamConfig = Static<typeof UpstreamConfig>

const RouteFile = Type.Object(
  {
    upstream: Type.String({
      pattern: upstreamName,
      form: upstreamNameForm,
      description: 'Who makes it: one of `upstreams`, or `sandbox`, which is built in.',
    }),
    model: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        form: 'a text of 1 to 200 characters',
        description: 'What the upstream calls the model.',
      }),
    ),
    params: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: true,
          form: 'an object of fields in the words of the upstream',
          description: 'Fields that are sent with every job, in the words of the upstream.',
        },
      ),
    ),
    workflow: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        form: 'the path of a file',
        description:
          'ComfyUI only: a workflow in API format, whose inputs are named `{{prompt}}` and so on. Relative to this file.',
      }),
    ),
  },
  closed,
)

const ModelConfig = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
      form: '1 to 64 lower-case letters, digits, dots, underscores and hyphens, the first a letter or digit',
      description: 'What clients send as `model`.',
    }),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        form: 'a text of 1 to 100 characters',
        description: 'For people; the id when left out.',
      }),
    ),
    type: Type.Enum(generationTypes, { description: 'What it makes.' }),
    aspect_ratios: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^\\d{1,2}:\\d{1,2}$', form: 'a ratio such as 1:1 or 16:9' }),
        {
          minItems: 1,
          description: 'The first is the default. Whatever the upstream can when left out.',
        },
      ),
    ),
    output_formats: Type.Optional(
      Type.Array(Type.Enum(outputFormats), {
        minItems: 1,
        description: 'Images only; all when left out.',
      }),
    ),
    durations: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 10 }), {
        minItems: 1,
        description:
          'Whole seconds, videos only; the first is the default. Whatever the upstream can when left out.',
      }),
    ),
    sound: Type.Optional(
      Type.Boolean({ description: 'Whether it can make sound, videos only; true when left out.' }),
    ),
    image_roles: Type.Optional(
      Type.Array(Type.Enum(imageRoles), {
        description:
          'What reference images may be used as. Whatever the upstream can when left out.',
      }),
    ),
    max_images: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 8,
        description: 'Most reference images of a request. Whatever the upstream can when left out.',
      }),
    ),
    unit_prices: Type.Record(
      Type.String({ pattern: '^(1K|2K|4K|480p|720p|1080p)$' }),
      Type.Number({ minimum: 0, maximum: 1000 }),
      {
        ...closed,
        form: 'an object of prices from 0 to 1000, by 1K, 2K, 4K for images, by 480p, 720p, 1080p for videos',
        description:
          'USD for an image or a second of video, by resolution. These are the resolutions the model has; the first is the default.',
      },
    ),
    deadline_seconds: Type.Optional(
      seconds(
        `Longest time from acceptance to the end; ${sandboxDeadlineSeconds.image} for images and ${sandboxDeadlineSeconds.video} for videos when left out. Whoever sets more for images has to let proxies and clients wait as long.`,
        { maximum: day },
      ),
    ),
    routes: Type.Array(RouteFile, {
      minItems: 1,
      maxItems: 8,
      description: 'Tried in this order.',
    }),
  },
  closed,
)
export type ModelConfig = Static<typeof ModelConfig>

const Sandbox = Type.Object(
  {
    threads: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 64,
        description: 'Threads that draw; the number of cores when left out.',
      }),
    ),
    image_deadline_seconds: seconds(
      'Longest time for a sandbox image. The default lets its answer come before proxies cut at 60 seconds. Whoever sets more has to let proxies and clients wait as long, and 5 seconds more.',
      { maximum: 3600, default: sandboxDeadlineSeconds.image },
    ),
    video_deadline_seconds: seconds('Longest time for a sandbox video.', {
      maximum: day,
      default: sandboxDeadlineSeconds.video,
    }),
  },
  { ...closed, default: {}, description: 'The built-in upstream, which draws.' },
)

const Retention = Type.Object(
  {
    files_seconds: seconds('How long finished files are kept.', {
      maximum: 10 * 366 * day,
      default: 30 * day,
    }),
    test_files_seconds: Type.Optional(
      seconds(
        `The same for files made with test keys; ${defaultTestFilesSeconds} (one day) when left out, or \`files_seconds\` if that is less.`,
        { maximum: 10 * 366 * day },
      ),
    ),
    rows_seconds: seconds(
      'How long a generation that has ended, and whose files are gone, can be read and listed. What it cost stays in the ledger.',
      { maximum: 100 * 366 * day, default: 400 * day },
    ),
    prompts: Type.Boolean({
      default: false,
      description: 'Whether prompts are kept after a generation has ended.',
    }),
  },
  { ...closed, default: {}, description: 'What is kept, and for how long.' },
)

const Limits = Type.Object(
  {
    connections: Type.Integer({
      minimum: 10,
      maximum: 100_000,
      default: 2000,
      description:
        'Connections that are open at once. Behind a proxy it must be more than the proxy keeps open.',
    }),
    bodies_mebibytes: Type.Integer({
      minimum: 32,
      maximum: 1_048_576,
      default: 256,
      description: 'Memory for the bodies of all requests that are being received.',
    }),
    bodies_per_workspace_mebibytes: Type.Integer({
      minimum: 32,
      maximum: 1_048_576,
      default: 64,
      description:
        'The part of it that one workspace may take with its live keys, and as much with its test keys.',
    }),
  },
  { ...closed, default: {}, description: 'What the whole server takes on at once.' },
)

/** The configuration file. What has a default is filled in before it is checked, so it is never absent. */
export const ConfigFile = Type.Object(
  {
    $schema: Type.Optional(
      Type.String({ description: 'Where editors find the schema of this file.' }),
    ),
    public_url: Type.Optional(
      Type.String({
        form: 'an http or https address such as https://images.example.com',
        description:
          'Address under which clients reach the gateway, which may have a path; needed behind a proxy. The address it listens on when left out. `FILMGATE_PUBLIC_URL` overrides it.',
      }),
    ),
    log_level: Type.Enum(logLevels, {
      default: 'info',
      description:
        'The least that is written to standard error. `FILMGATE_LOG_LEVEL` overrides it.',
    }),
    cors_origins: Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1000 })], {
      default: [],
      form: '"*" or a list of at most 1000 origins such as https://app.example.com',
      description:
        'Origins whose pages may call the API from a browser, or `"*"` for all. Downloads and /openapi.json are open to all.',
    }),
    drain_seconds: seconds('How long a stopping gateway lets running requests go on.', {
      maximum: 3600,
      default: 20,
    }),
    keep_alive_seconds: seconds(
      'How long an idle connection stays open. Longer than the proxy in front keeps its own, so that no request meets a closing connection.',
      { maximum: 3600, default: 75 },
    ),
    sandbox: Sandbox,
    retention: Retention,
    downloads: Type.Object(
      {
        url_seconds: seconds('How long a fresh download link works at least.', {
          maximum: 366 * day,
          default: day,
        }),
      },
      { ...closed, default: {}, description: 'Links to finished files.' },
    ),
    limits: Limits,
    safety: SafetyFile,
    upstreams: Type.Record(Type.String({ pattern: upstreamName }), UpstreamConfig, {
      ...closed,
      form: `an object of upstreams by name; names are ${upstreamNameForm}`,
      default: {},
      description:
        'Who makes pictures and films besides the built-in sandbox, by a name of yours: docs/upstreams.md.',
    }),
    models: Type.Array(ModelConfig, {
      maxItems: 500,
      default: [],
      description: 'Models besides `sandbox-image` and `sandbox-video`.',
    }),
  },
  closed,
)
export type ConfigFile = Static<typeof ConfigFile>
