import type { SafetyPolicy } from '../safety/policy.ts'
import { defaultSafetyPolicy } from '../safety/policy.ts'
import { imageClassifierName } from '../safety/checks/built-in-checks.ts'
import {
  classifierFolder,
  findClassifierFault,
} from '../safety/image-classifier/installed-classifier.ts'
import type { ReferenceImageSettings } from '../safety/reference-images/settings.ts'
import { defaultSafetySettings, type SafetySettings } from '../safety/safety.ts'
import { StartupError } from '../storage/startup-error.ts'
import type { Environment } from './environment.ts'
import { servicesOf, type SafetyFile } from './safety-file.ts'

/** Safety as the server needs it. */
export interface SafetyConfig {
  settings: SafetySettings
  policy: SafetyPolicy
  references: Partial<ReferenceImageSettings>
}

/**
 * Resolves the section; a configured service applies to every workspace unless its policy says
 * otherwise. The image classifier is looked for in `dataPath`. Throws StartupError if the key of a
 * service is not set.
 */
export function toSafetyConfig(
  safety: SafetyFile,
  { env, dataPath }: { env: Environment; dataPath: string },
): SafetyConfig {
  const policy: SafetyPolicy = {
    prompt: safety.prompt,
    images: safety.images,
    outputs: safety.outputs,
    checks: [
      ...defaultSafetyPolicy.checks,
      ...(safety.image_classifier ? [imageClassifierName] : []),
      ...servicesOf(safety).map(({ name }) => name),
    ],
    thresholds: safety.thresholds,
    onFailure: safety.on_failure,
  }
  return {
    policy,
    settings: {
      policy,
      imageClassifier: {
        ...defaultSafetySettings.imageClassifier,
        folder: classifierFolder(dataPath),
      },
      moderationEndpoints: safety.moderation_endpoints.map((service) => ({
        ...toService(service, env),
        ...(service.model === undefined ? {} : { model: service.model }),
      })),
      httpClassifiers: safety.http_classifiers.map((service) => toService(service, env)),
    },
    references: toReferenceSettings(safety.reference_images),
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

/** The environment variables that keys are taken from, and by which service. */
export function keyVariables(safety: SafetyFile): { name: string; service: string }[] {
  return servicesOf(safety).flatMap(({ name: service, api_key: key }) =>
    key === undefined ? [] : [{ name: key.env, service }],
  )
}

function toService(service: SafetyFile['http_classifiers'][number], env: Environment) {
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
    timeoutMs: service.timeout_ms,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(service.stages === undefined ? {} : { stages: service.stages }),
    ...(service.thresholds === undefined ? {} : { thresholds: service.thresholds }),
  }
}

function toReferenceSettings(
  file: SafetyFile['reference_images'],
): Partial<ReferenceImageSettings> {
  return {
    allowHosts: file.allow_hosts,
    denyAddresses: file.deny_addresses,
    maxBytes: file.max_bytes,
    maxPixels: file.max_pixels,
    timeoutMs: file.timeout_ms,
  }
}
