import Type, { type Static } from 'typebox'
import { defaultSafetyPolicy } from '../safety/policy.ts'
import { defaultCheckTimeoutMs } from '../safety/checks/ask-endpoint.ts'
import { imageClassifierName, promptRulesName } from '../safety/checks/built-in-checks.ts'
import { isHostEntry, isRangeEntry } from '../net/address-guard.ts'
import { defaultReferenceImageSettings as references } from '../safety/reference-images/settings.ts'
import { StartupError } from '../storage/startup-error.ts'

const closed = { additionalProperties: false }
const stages = ['prompt', 'image', 'output'] as const

const Threshold = Type.Number({ minimum: 0, maximum: 2 })

const Service = {
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,40}$',
    form: '1 to 41 lower-case letters, digits and hyphens, the first a letter or digit',
    description: 'By which a policy names it.',
  }),
  url: Type.String({
    pattern: '^https?://[^\\s/]',
    form: 'an address that begins with http:// or https://',
    description: 'Where it is asked, by POST.',
  }),
  api_key: Type.Optional(
    Type.Object(
      {
        env: Type.String({
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          form: 'the name of an environment variable: letters, digits and underscores',
          description: 'The variable. It must be set where the gateway runs.',
        }),
      },
      {
        ...closed,
        form: 'an object such as {"env": "OWN_KEY"}, with the name of the environment variable that holds the key',
        description:
          'Environment variable that holds its key; it is asked without one when left out.',
      },
    ),
  ),
  timeout_ms: Type.Integer({
    minimum: 100,
    maximum: 60_000,
    default: defaultCheckTimeoutMs,
    description: 'How long its answer is waited for.',
  }),
  stages: Type.Optional(
    Type.Array(Type.Enum(stages), {
      minItems: 1,
      description: 'What it is asked about; prompts, reference images and results when left out.',
    }),
  ),
  thresholds: Type.Optional(
    Type.Record(Type.String(), Threshold, {
      description:
        'From which score on one of its categories is refused; its own verdict decides where there is none.',
    }),
  ),
}

const ReferenceImages = Type.Object(
  {
    allow_hosts: Type.Array(Type.String({ form: 'HOST or HOST:PORT' }), {
      default: references.allowHosts,
      description: 'Own hosts that may have private addresses.',
    }),
    deny_addresses: Type.Array(
      Type.String({ form: 'an address or a range such as 203.0.113.0/24 or 2001:db8::/32' }),
      {
        maxItems: 1000,
        default: references.denyAddresses,
        description: 'Own public addresses that are never fetched from.',
      },
    ),
    max_bytes: Type.Integer({
      minimum: 1024,
      maximum: 20 * 1024 * 1024,
      default: references.maxBytes,
      description: 'Largest image that is read.',
    }),
    max_pixels: Type.Integer({
      minimum: 1024,
      maximum: 100_000_000,
      default: references.maxPixels,
      description: 'Largest width times height that is decoded.',
    }),
    timeout_ms: Type.Integer({
      minimum: 100,
      maximum: 60_000,
      default: references.timeoutMs,
      description: 'Longest time to fetch an image, with every redirect.',
    }),
  },
  { ...closed, default: {}, description: 'How the images that requests name are fetched.' },
)

/** The section `safety` of the configuration file. */
export const SafetyFile = Type.Object(
  {
    prompt: Type.Boolean({ default: defaultSafetyPolicy.prompt, description: 'Check prompts.' }),
    images: Type.Boolean({
      default: defaultSafetyPolicy.images,
      description: 'Check reference images.',
    }),
    outputs: Type.Boolean({
      default: defaultSafetyPolicy.outputs,
      description: 'Check results before they become visible. For films this needs ffmpeg.',
    }),
    image_classifier: Type.Boolean({
      default: false,
      description: 'Use the image classifier that `filmgate safety install-classifier` installs.',
    }),
    on_failure: Type.Enum(['open', 'closed'], {
      default: defaultSafetyPolicy.onFailure,
      description:
        'What happens when a check is down: `closed` answers `server_error`, `open` lets through.',
    }),
    thresholds: Type.Record(Type.String(), Threshold, {
      default: defaultSafetyPolicy.thresholds,
      description:
        'From which score on a category is refused: `sexual` for every check, `NAME:sexual` for one. Above 1 switches it off.',
    }),
    moderation_endpoints: Type.Array(
      Type.Object(
        {
          ...Service,
          model: Type.Optional(
            Type.String({
              minLength: 1,
              form: 'a text that is not empty',
              description: 'Sent along as `model`; the service chooses when left out.',
            }),
          ),
        },
        closed,
      ),
      {
        maxItems: 8,
        default: [],
        description: 'Services with the form of OpenAI’s moderation endpoint.',
      },
    ),
    http_classifiers: Type.Array(Type.Object(Service, closed), {
      maxItems: 8,
      default: [],
      description: 'Services with the protocol of docs/safety.md.',
    }),
    reference_images: ReferenceImages,
  },
  { ...closed, default: {}, description: 'What is checked, and by whom: docs/safety.md.' },
)
export type SafetyFile = Static<typeof SafetyFile>
type ServiceFile = SafetyFile['http_classifiers'][number]

/** Whatever the schema cannot say. Throws StartupError, naming the setting. */
export function checkSafetyFile(safety: SafetyFile): void {
  const services = servicesOf(safety)
  for (const { name, url } of services) {
    if (URL.canParse(url)) continue
    throw new StartupError(`The safety check ${name} has an address that is not valid: ${url}.`)
  }
  checkNames(services.map(({ name }) => name))
  const looksAtOutputs = services.some(({ stages: own = stages }) => own.includes('output'))
  if (safety.outputs && !safety.image_classifier && !looksAtOutputs) {
    throw new StartupError(
      'The setting safety.outputs is on, but no check looks at results. Switch safety.image_classifier on, or add a service with the stage output.',
    )
  }
  checkReferenceImages(safety.reference_images)
}

/** All services, whatever their form. */
export function servicesOf(safety: SafetyFile): ServiceFile[] {
  return [...safety.moderation_endpoints, ...safety.http_classifiers]
}

function checkNames(own: readonly string[]): void {
  const names = [promptRulesName, imageClassifierName, ...own]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new StartupError(
    `The name ${twice} stands for two safety checks. Choose another; ${promptRulesName} and ${imageClassifierName} are built in.`,
  )
}

function checkReferenceImages(file: SafetyFile['reference_images']): void {
  for (const entry of file.allow_hosts) {
    if (isHostEntry(entry)) continue
    throw new StartupError(
      `The setting safety.reference_images.allow_hosts takes HOST or HOST:PORT, not ${entry}.`,
    )
  }
  for (const entry of file.deny_addresses) {
    if (isRangeEntry(entry)) continue
    throw new StartupError(
      `The setting safety.reference_images.deny_addresses takes addresses and ranges such as 203.0.113.0/24 or 2001:db8::/32, not ${entry}.`,
    )
  }
}
