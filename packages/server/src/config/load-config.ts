/** A setting comes from, in this order: a flag, the environment, the configuration file, the default. */
import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/schema'
import { ConfigFile } from './config-file.ts'
import { parseCorsOrigins, type CorsOrigins } from './cors-origins.ts'
import { readVariable, type Environment } from './environment.ts'
import { describeFault } from './describe-fault.ts'
import type { ConfigFlags } from './flags.ts'
import { fillIn } from './fill-in.ts'
import { toModels } from './models-config.ts'
import { parsePublicUrl } from './public-url.ts'
import { toSafetyConfig, type SafetyConfig } from './safety-config.ts'
import { checkSafetyFile } from './safety-file.ts'
import { checkUpstreams, toUpstreamSpecs } from './upstreams-config.ts'
import type { UpstreamSpec } from '../upstreams/open-upstreams.ts'
import type { Model } from '../models/model.ts'
import { parseSigningSecrets, type SigningSecrets } from '../media/signing-secret.ts'
import { sandboxModels } from '../upstreams/sandbox/models.ts'
import { StartupError } from '../storage/startup-error.ts'
import { logLevels, type LogLevel } from '../telemetry/log.ts'

/** The file that is read when it exists and no other is named. */
export const defaultConfigFile = 'filmgate.config.json'

/** All settings, resolved. */
export interface Config {
  host: string
  port: number
  dataPath: string
  publicUrl: string | undefined
  logLevel: LogLevel
  signingSecrets: SigningSecrets | undefined
  bootstrapKey: string | undefined
  bootstrapBalanceUsd: string | undefined
  safety: SafetyConfig
  corsOrigins: CorsOrigins
  upstreams: UpstreamSpec[]
  models: Model[]
  file: ConfigFile
}

/** Resolves every setting; throws StartupError with the sentence that says what is wrong and where. */
export function loadConfig(flags: ConfigFlags, env: Environment): Config {
  const file = readConfigFile(flags.config)
  return {
    host: flags.host,
    port: parsePort(flags.port),
    dataPath: flags.data,
    publicUrl: toPublicUrl(file, env),
    logLevel: parseLogLevel(readVariable(env, 'FILMGATE_LOG_LEVEL')) ?? file.log_level,
    signingSecrets: parseSigningSecrets(
      readVariable(env, 'FILMGATE_SIGNING_SECRET') ?? '',
      'FILMGATE_SIGNING_SECRET',
    ),
    bootstrapKey: readVariable(env, 'FILMGATE_BOOTSTRAP_KEY'),
    bootstrapBalanceUsd: readVariable(env, 'FILMGATE_BOOTSTRAP_BALANCE_USD'),
    safety: toSafetyConfig(file.safety, { env, dataPath: flags.data }),
    corsOrigins: parseCorsOrigins(file.cors_origins, 'cors_origins'),
    upstreams: toUpstreamSpecs(file, { env, file: flags.config ?? defaultConfigFile }),
    models: toModels(file, flags.config ?? defaultConfigFile),
    file,
  }
}

/**
 * Reads the file, fills in the defaults and checks it; the default file may be absent, one that was
 * named may not. Throws StartupError. What the file asks of the environment is not looked at.
 */
export function readConfigFile(path: string | undefined): ConfigFile {
  const name = path ?? defaultConfigFile
  return checkConfig(fillIn(ConfigFile, parseConfig(readText(path, name), name)), name)
}

function readText(path: string | undefined, name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (path === undefined && isAbsent) return '{}'
    throw new StartupError(`The configuration file ${name} cannot be read: ${messageOf(error)}.`)
  }
}

function parseConfig(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new StartupError(`The configuration file ${name} is not valid JSON: ${messageOf(error)}.`)
  }
}

const validator = Compile(ConfigFile)

function checkConfig(value: unknown, name: string): ConfigFile {
  if (!validator.Check(value)) {
    const fault = describeFault(ConfigFile, value, validator.Errors(value)[1])
    throw new StartupError(`The configuration file ${name} is wrong at ${fault}.`)
  }
  if (value.public_url !== undefined) parsePublicUrl(value.public_url, `public_url in ${name}`)
  parseCorsOrigins(value.cors_origins, `cors_origins in ${name}`)
  checkSafetyFile(value.safety)
  checkModels(value, name)
  checkUpstreams(value, name)
  toModels(value, name)
  return value
}

const builtIn: readonly string[] = sandboxModels.map(({ id }) => id)

function checkModels({ models }: ConfigFile, name: string): void {
  const ids = models.map(({ id }) => id)
  const taken = ids.find((id) => builtIn.includes(id))
  if (taken !== undefined) {
    throw new StartupError(
      `The configuration file ${name} gives a model the id ${taken}, which is one of the built-in sandbox models. Choose another id for it.`,
    )
  }
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) {
    throw new StartupError(
      `The configuration file ${name} has the model id ${twice} twice. Choose another id for one of them.`,
    )
  }
  for (const { id, type, unit_prices: prices } of models) {
    const resolutions = Object.keys(prices)
    const isRight = (resolution: string) => resolution.endsWith('K') === (type === 'image')
    if (resolutions.length === 0 || !resolutions.every(isRight)) {
      throw new StartupError(
        `The configuration file ${name} is wrong at the model ${id}: ${type}s are priced by ${type === 'image' ? '1K, 2K, 4K' : '480p, 720p, 1080p'}.`,
      )
    }
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new StartupError(`--port must be a whole number from 0 to 65535, not "${text}".`)
}

function toPublicUrl(file: ConfigFile, env: Environment): string | undefined {
  const text = readVariable(env, 'FILMGATE_PUBLIC_URL')
  if (text !== undefined) return parsePublicUrl(text, 'FILMGATE_PUBLIC_URL')
  return file.public_url === undefined ? undefined : parsePublicUrl(file.public_url, 'public_url')
}

function parseLogLevel(text: string | undefined): LogLevel | undefined {
  if (text === undefined || text === '') return undefined
  const level = logLevels.find((name) => name === text)
  if (level !== undefined) return level
  throw new StartupError(`FILMGATE_LOG_LEVEL must be one of ${logLevels.join(', ')}, not ${text}.`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
