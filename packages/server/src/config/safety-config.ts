import Type, { type Static } from 'typebox'
import type { SafetyPolicy } from '../safety/policy.ts'
import { defaultSafetyPolicy } from '../safety/policy.ts'
import { imageClassifierName, promptRulesName } from '../safety/checks/built-in-checks.ts'
import {
  classifierFolder,
  findClassifierFault,
} from '../safety/image-classifier/installed-classifier.ts'
import { isHostEntry, isRangeEntry } from '../safety/reference-images/address-guard.ts'
import type { ReferenceImageSettings } from '../safety/reference-images/settings.ts'
import { defaultSafetySettings, type SafetySettings } from '../safety/safety.ts'
import { StartupError } from '../storage/startup-error.ts'

const closed = { additionalProperties: false }
const stages = ['prompt', 'image', 'output'] as const

const Thresholds = Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 2 }), {
  description:
    'From which score on a category is refused: `sexual` for every check, `NAME:sexual` for one. Above 1 switches it off.',
})

const Service = {
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,40}$',
    description: 'By which a policy names it.',
  }),
  url: Type.String({ pattern: '^https?://[^\\s/]', description: 'Where it is asked, by POST.' }),
  api_key: Type.Optional(
    Type.Object(
      { env: Type.String({ minLength: 1 }) },
      { ...closed, description: 'Environment variable that holds its key.' },
    ),
  ),
  timeout_ms: Type.Optional(Type.Integer({ minimum: 100, maximum: 60_000 })),
  stages: Type.Optional(Type.Array(Type.Enum(stages), { minItems: 1 })),
  thresholds: Type.Optional(Thresholds),
}

/** The section `safety` of the configuration file. */
export const SafetyFile = Type.Object(
  {
    prompt: Type.Optional(Type.Boolean({ description: 'Check prompts; true when left out.' })),
    images: Type.Optional(
      Type.Boolean({ description: 'Check reference images; true when left out.' }),
    ),
    outputs: Type.Optional(
      Type.Boolean({
        description:
          'Check results before they become visible; false when left out. For films this needs ffmpeg.',
      }),
    ),
    image_classifier: Type.Optional(
      Type.Boolean({
        description:
          'Use the image classifier that `filmgate safety install-classifier` installs; false when left out.',
      }),
    ),
    on_failure: Type.Optional(
      Type.Enum(['open', 'closed'], {
        description:
          'What happens when a check is down: closed answers server_error, open lets through; closed when left out.',
      }),
    ),
    thresholds: Type.Optional(Thresholds),
    moderation_endpoints: Type.Optional(
      Type.Array(
        Type.Object({ ...Service, model: Type.Optional(Type.String({ minLength: 1 })) }, closed),
        { maxItems: 8, description: 'Services with the form of OpenAI’s moderation endpoint.' },
      ),
    ),
    http_classifiers: Type.Optional(
      Type.Array(Type.Object(Service, closed), {
        maxItems: 8,
        description: 'Services with the protocol of docs/safety.md.',
      }),
    ),
    reference_images: Type.Optional(
      Type.Object(
        {
          allow_hosts: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              description: 'Own hosts (HOST or HOST:PORT) that may have private addresses.',
            }),
          ),
          deny_addresses: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              maxItems: 1000,
              description:
                'Own public addresses, or ranges (203.0.113.0/24, 2001:db8::/32), that are never fetched from.',
            }),
          ),
          max_bytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 20 * 1024 * 1024 })),
          max_pixels: Type.Optional(Type.Integer({ minimum: 1024, maximum: 100_000_000 })),
          timeout_ms: Type.Optional(Type.Integer({ minimum: 100, maximum: 60_000 })),
        },
        closed,
      ),
    ),
  },
  closed,
)
type SafetyFile = Static<typeof SafetyFile>
type ServiceFile = NonNullable<SafetyFile['moderation_endpoints']>[number]

/** Safety as the server needs it. */
export interface SafetyConfig {
  settings: SafetySettings
  policy: SafetyPolicy
  references: Partial<ReferenceImageSettings>
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Resolves the section; a configured service applies to every workspace unless its policy says
 * otherwise. The image classifier is looked for in `dataPath`.
 */
export function toSafetyConfig(
  { safety = {} }: { safety?: SafetyFile },
  { env, dataPath }: { env: Environment; dataPath: string },
): SafetyConfig {
  const moderationEndpoints = (safety.moderation_endpoints ?? []).map((service) => ({
    ...toService(service, env),
    ...(service.model === undefined ? {} : { model: service.model }),
  }))
  const httpClassifiers = (safety.http_classifiers ?? []).map((service) => toService(service, env))
  const services = [...moderationEndpoints, ...httpClassifiers]
  checkNames(services.map(({ name }) => name))
  const policy: SafetyPolicy = {
    prompt: safety.prompt ?? defaultSafetyPolicy.prompt,
    images: safety.images ?? defaultSafetyPolicy.images,
    outputs: safety.outputs ?? defaultSafetyPolicy.outputs,
    checks: [
      ...defaultSafetyPolicy.checks,
      ...(safety.image_classifier === true ? [imageClassifierName] : []),
      ...services.map(({ name }) => name),
    ],
    thresholds: safety.thresholds ?? {},
    onFailure: safety.on_failure ?? defaultSafetyPolicy.onFailure,
  }
  const looksAtOutputs = services.some(({ stages: own = stages }) => own.includes('output'))
  if (policy.outputs && safety.image_classifier !== true && !looksAtOutputs) {
    throw new StartupError(
      'The setting safety.outputs is on, but no check looks at results. Switch safety.image_classifier on, or add a service with the stage output.',
    )
  }
  return {
    policy,
    settings: {
      policy,
      imageClassifier: {
        ...defaultSafetySettings.imageClassifier,
        folder: classifierFolder(dataPath),
      },
      moderationEndpoints,
      httpClassifiers,
    },
    references: toReferenceSettings(safety.reference_images ?? {}),
  }
}

/**
 * Throws StartupError if the server's policy names the image classifier and it cannot be used: every
 * picture would be refused. A workspace's own policy only makes its own pictures wait for it.
 */
export async function assertChecksInstalled({ policy, settings }: SafetyConfig): Promise<void> {
  if (!policy.checks.includes(imageClassifierName)) return
  const fault = await findClassifierFault(settings.imageClassifier.folder)
  if (fault === undefined) return
  throw new StartupError(`The setting safety.image_classifier is on, but ${fault}.`)
}

function checkNames(own: readonly string[]): void {
  const names = [promptRulesName, imageClassifierName, ...own]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new StartupError(
    `The name ${twice} stands for two safety checks. Choose another; ${promptRulesName} and ${imageClassifierName} are built in.`,
  )
}

function toService(service: ServiceFile, env: Environment) {
  if (!URL.canParse(service.url)) {
    throw new StartupError(
      `The safety check ${service.name} has an address that is not valid: ${service.url}.`,
    )
  }
  const variable = service.api_key?.env
  const apiKey = variable === undefined ? undefined : env[variable]
  if (variable !== undefined && (apiKey === undefined || apiKey === '')) {
    throw new StartupError(
      `The safety check ${service.name} takes its key from ${variable}, which is not set. Set it, or remove api_key.`,
    )
  }
  return {
    name: service.name,
    url: service.url,
    timeoutMs: service.timeout_ms ?? 5000,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(service.stages === undefined ? {} : { stages: service.stages }),
    ...(service.thresholds === undefined ? {} : { thresholds: service.thresholds }),
  }
}

function toReferenceSettings(
  file: NonNullable<SafetyFile['reference_images']>,
): Partial<ReferenceImageSettings> {
  for (const entry of file.allow_hosts ?? []) {
    if (isHostEntry(entry)) continue
    throw new StartupError(
      `The setting safety.reference_images.allow_hosts takes HOST or HOST:PORT, not ${entry}.`,
    )
  }
  for (const entry of file.deny_addresses ?? []) {
    if (isRangeEntry(entry)) continue
    throw new StartupError(
      `The setting safety.reference_images.deny_addresses takes addresses and ranges such as 203.0.113.0/24 or 2001:db8::/32, not ${entry}.`,
    )
  }
  return {
    ...(file.allow_hosts === undefined ? {} : { allowHosts: file.allow_hosts }),
    ...(file.deny_addresses === undefined ? {} : { denyAddresses: file.deny_addresses }),
    ...(file.max_bytes === undefined ? {} : { maxBytes: file.max_bytes }),
    ...(file.max_pixels === undefined ? {} : { maxPixels: file.max_pixels }),
    ...(file.timeout_ms === undefined ? {} : { timeoutMs: file.timeout_ms }),
  }
}
