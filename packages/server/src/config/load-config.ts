/** A setting comes from, in this order: a flag, the environment, the configuration file, the default. */
import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/schema'
import { ConfigFile } from './config-file.ts'
import { parseCorsOrigins, type CorsOrigins } from './cors-origins.ts'
import { parsePublicUrl } from './public-url.ts'
import { toSafetyConfig, type SafetyConfig } from './safety-config.ts'
import { parseSigningSecrets, type SigningSecrets } from '../media/signing-secret.ts'
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
  file: ConfigFile
}

/** Settings that flags can override. */
export interface ConfigFlags {
  host?: string | undefined
  port?: string | undefined
  data?: string | undefined
  config?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Resolves every setting; throws StartupError with the sentence that says what is wrong and where. */
export function loadConfig(flags: ConfigFlags, env: Environment): Config {
  const file = readConfigFile(flags.config)
  const dataPath = flags.data ?? './data'
  return {
    host: flags.host ?? '127.0.0.1',
    port: parsePort(flags.port ?? '4700'),
    dataPath,
    publicUrl: toPublicUrl(file, env),
    logLevel: parseLogLevel(env['FILMGATE_LOG_LEVEL']) ?? file.log_level ?? 'info',
    signingSecrets: parseSigningSecrets(
      env['FILMGATE_SIGNING_SECRET'] ?? '',
      'FILMGATE_SIGNING_SECRET',
    ),
    bootstrapKey: env['FILMGATE_BOOTSTRAP_KEY'],
    bootstrapBalanceUsd: env['FILMGATE_BOOTSTRAP_BALANCE_USD'],
    safety: toSafetyConfig(file, { env, dataPath }),
    corsOrigins: parseCorsOrigins(file.cors_origins, 'cors_origins'),
    file,
  }
}

/** Reads and checks the file; the default one may be absent, one that was named may not. */
export function readConfigFile(path: string | undefined): ConfigFile {
  const name = path ?? defaultConfigFile
  let text: string
  try {
    text = readFileSync(name, 'utf8')
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (path === undefined && isAbsent) return {}
    throw new StartupError(`The configuration file ${name} cannot be read: ${messageOf(error)}.`)
  }
  return checkConfig(parseConfig(text, name), name)
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
  if (validator.Check(value)) {
    checkPublicUrl(value, name)
    parseCorsOrigins(value.cors_origins, `cors_origins in ${name}`)
    return checkModels(value, name)
  }
  const error = validator.Errors(value)[1].find(({ keyword }) => keyword !== 'boolean')
  const at = error?.instancePath.slice(1).replaceAll('/', '.') || 'the top'
  const extra =
    error?.keyword === 'additionalProperties'
      ? `: ${error.params.additionalProperties.join(', ')}`
      : error?.keyword === 'enum'
        ? `: ${error.params.allowedValues.map(String).join(', ')}`
        : ''
  throw new StartupError(
    `The configuration file ${name} is wrong at ${at}: ${error?.message ?? 'unknown fault'}${extra}. \`filmgate config check\` tests it.`,
  )
}

function checkPublicUrl({ public_url: text }: ConfigFile, name: string): void {
  if (text !== undefined) parsePublicUrl(text, `public_url in ${name}`)
}

function checkModels(file: ConfigFile, name: string): ConfigFile {
  const ids = ['sandbox-image', 'sandbox-video', ...(file.models ?? []).map(({ id }) => id)]
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) {
    throw new StartupError(`The configuration file ${name} has the model id ${twice} twice.`)
  }
  for (const { id, type, unit_prices: prices } of file.models ?? []) {
    const resolutions = Object.keys(prices)
    const isRight = (resolution: string) => resolution.endsWith('K') === (type === 'image')
    if (resolutions.length === 0 || !resolutions.every(isRight)) {
      throw new StartupError(
        `The configuration file ${name} is wrong at the model ${id}: ${type}s are priced by ${type === 'image' ? '1K, 2K, 4K' : '480p, 720p, 1080p'}.`,
      )
    }
  }
  return file
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new StartupError(`--port must be a whole number from 0 to 65535, not "${text}".`)
}

function toPublicUrl(file: ConfigFile, env: Environment): string | undefined {
  const text = env['FILMGATE_PUBLIC_URL']
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
