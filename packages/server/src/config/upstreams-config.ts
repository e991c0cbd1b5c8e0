/** The upstreams of the configuration file, checked and ready to be opened. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { shorten } from '../contract/shorten.ts'
import { StartupError } from '../storage/startup-error.ts'
import type { AdapterName } from '../upstreams/adapter-names.ts'
import type { Credential } from '../upstreams/adapter.ts'
import { adapters } from '../upstreams/adapters.ts'
import type { UpstreamSpec } from '../upstreams/open-upstreams.ts'
import { sandboxName } from '../upstreams/sandbox/models.ts'
import type { ConfigFile, UpstreamConfig } from './config-file.ts'
import type { Environment } from './environment.ts'

/** Checks what the file says by itself; throws StartupError. What it asks of the environment is not looked at. */
export function checkUpstreams({ upstreams }: ConfigFile, file: string): void {
  for (const [name, upstream] of Object.entries(upstreams)) {
    const place = `The configuration file ${file} is wrong at upstreams.${name}`
    if (name === sandboxName) {
      throw new StartupError(`${place}: ${sandboxName} is the built-in one. Choose another name.`)
    }
    toBaseUrl(upstream, place)
    const adapter = adapters[upstream.adapter]
    if (adapter.needsCredential && upstream.api_key === undefined) {
      throw new StartupError(
        `${place}: it needs api_key, such as { "env": "${toVariable(upstream.adapter)}" }.`,
      )
    }
  }
}

/** The upstreams with their keys; throws StartupError for a key that is not there. */
export function toUpstreamSpecs(
  { upstreams }: ConfigFile,
  { env, file }: { env: Environment; file: string },
): UpstreamSpec[] {
  return Object.entries(upstreams).map(([name, upstream]) => {
    const { adapter, concurrency, requests_per_minute: requestsPerMinute } = upstream
    const place = `upstreams.${name}`
    return {
      name,
      adapter,
      baseUrl: toBaseUrl(upstream, place),
      credential: readCredential(upstream, { env, file, place: `${place}.api_key` }),
      limits: { concurrency, requestsPerMinute },
    }
  })
}

/** The variables that keys of upstreams are read from. */
export function upstreamVariables({ upstreams }: ConfigFile): { name: string; upstream: string }[] {
  return Object.entries(upstreams).flatMap(([upstream, { api_key: key }]) =>
    key !== undefined && 'env' in key ? [{ name: key.env, upstream }] : [],
  )
}

/** The files that keys of upstreams are read from. */
export function upstreamKeyFiles(
  { upstreams }: ConfigFile,
  file: string,
): { path: string; upstream: string }[] {
  return Object.entries(upstreams).flatMap(([upstream, { api_key: key }]) =>
    key !== undefined && 'file' in key ? [{ path: besides(file, key.file), upstream }] : [],
  )
}

/** Whether a job that was sent with this credential can still be asked about, by the file alone. */
export function isConfigured(
  { upstreams }: ConfigFile,
  { upstream, credential }: { upstream: string; credential: string | null },
): boolean {
  if (upstream === sandboxName) return credential === null
  const known = upstreams[upstream]
  return known !== undefined && credentialName(known) === credential
}

function credentialName({ api_key: key }: UpstreamConfig): string | null {
  if (key === undefined) return null
  return 'env' in key ? key.env : key.file
}

/** Where an upstream of a checked file is, without a slash at its end. */
export function addressOf(upstream: UpstreamConfig): string {
  return toBaseUrl(upstream, 'upstreams')
}

function toBaseUrl({ adapter, base_url: text }: UpstreamConfig, place: string): string {
  const { defaultBaseUrl } = adapters[adapter]
  const given = text ?? defaultBaseUrl
  if (given === undefined) {
    throw new StartupError(
      `${place}: it needs base_url, such as ${addressLike(adapter)}, because ${adapter} is a server of your own.`,
    )
  }
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !isPlain(url)) {
    throw new StartupError(
      `${place}.base_url: it must be an http or https address without user, query and fragment, such as ${addressLike(adapter)}${toContrast(given)}.`,
    )
  }
  return url.href.replace(/\/+$/, '')
}

function isPlain({ protocol, username, password, search, hash }: URL): boolean {
  return ['http:', 'https:'].includes(protocol) && username + password + search + hash === ''
}

function addressLike(adapter: AdapterName): string {
  return adapters[adapter].defaultBaseUrl ?? 'http://127.0.0.1:8080/v1'
}

// What stands before an @ or behind a ? may be a secret.
function toContrast(given: string): string {
  return /[@?#]/.test(given) ? '' : `, not ${JSON.stringify(shorten(given, 80))}`
}

function readCredential(
  { api_key: key }: UpstreamConfig,
  { env, file, place }: { env: Environment; file: string; place: string },
): Credential | undefined {
  if (key === undefined) return undefined
  if ('env' in key) {
    const secret = env[key.env]?.trim() ?? ''
    if (secret !== '') return { name: key.env, secret: checked(secret, place) }
    throw new StartupError(
      `The variable ${key.env}, which ${place} names, is not set. Set it to the key, or take the upstream out of the configuration.`,
    )
  }
  const path = besides(file, key.file)
  const secret = readText(path, place).trim()
  if (secret !== '') return { name: key.file, secret: checked(secret, place) }
  throw new StartupError(`The file ${path}, which ${place} names, is empty. Write the key into it.`)
}

// It goes into a header.
function checked(secret: string, place: string): string {
  if (/^[\x21-\x7e]{1,4096}$/.test(secret)) return secret
  throw new StartupError(
    `The key of ${place} has spaces, line breaks or other characters that no key has. Copy it again.`,
  )
}

function readText(path: string, place: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartupError(`The file that ${place} names cannot be read: ${why}.`)
  }
}

/** A path of the configuration file is relative to that file. */
export function besides(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}

function toVariable(adapter: AdapterName): string {
  return `${adapter.toUpperCase().replaceAll('-', '_')}_KEY`
}
