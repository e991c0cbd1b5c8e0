import { checkedKey, environment } from '../options.ts'
import { isPlain } from './is-record.ts'
import type { ProxyAllowances, ProxyOptions } from './proxy-options.ts'
import { isAmbiguous } from './routes.ts'

/** The options with their defaults. */
export interface ProxySettings<Context> extends Pick<
  ProxyOptions<Context>,
  'authorize' | 'canRead' | 'onAccepted' | 'transform' | 'waitUntil'
> {
  /** The address requests go to. Throws when the environment has a wrong one. */
  address(): string
  /** The key to send. Throws when there is none. */
  key(): Promise<string>
  publicURL: string | undefined
  basePath: string | undefined
  allow: {
    models: readonly string[] | undefined
    origins: readonly string[]
    list: boolean
    billing: boolean
  }
  onError(error: unknown, request: Request): void
  maxBodyBytes: number
  timeout: number
  fetch: typeof fetch
}

/** Fills in the defaults. Throws a TypeError for options that cannot be meant. */
export function toProxySettings<Context>(options: ProxyOptions<Context>): ProxySettings<Context> {
  if (typeof options?.authorize !== 'function') {
    throw new TypeError('createProxy needs authorize: without it anybody could spend your money.')
  }
  const { baseURL, publicURL, allow = {}, fetch } = options
  // An object of a class may hold more than options.
  if (isPlain(options)) checkNames('', options, optionNames)
  checkNames('allow.', allow, 'models origins list billing')
  checkKinds(options, allow)
  if (baseURL !== undefined) toAddress('baseURL', baseURL)
  return {
    // As methods of the options, which may be an object of a class.
    authorize: (request, context) => options.authorize(request, context),
    canRead: options.canRead?.bind(options),
    onAccepted: options.onAccepted?.bind(options),
    transform: options.transform?.bind(options),
    waitUntil: options.waitUntil?.bind(options),
    // Read at the first request: frameworks load routes while they build, where no secret is set.
    address: () =>
      toAddress('baseURL', baseURL ?? environment('FILMGATE_BASE_URL') ?? localGateway),
    key: () => keyOf(options.apiKey),
    publicURL: publicURL === undefined ? undefined : toAddress('publicURL', publicURL),
    basePath: options.basePath === undefined ? undefined : toPath(options.basePath),
    allow: {
      models: allow.models,
      // As browsers write them: without a slash at the end.
      origins: (allow.origins ?? []).map((each) => new URL(toAddress('origins', each)).origin),
      list: allow.list ?? false,
      billing: allow.billing ?? false,
    },
    onError: teller(options.onError?.bind(options)),
    maxBodyBytes: positive('maxBodyBytes', options.maxBodyBytes ?? 30_000_000),
    timeout: positive('timeout', options.timeout ?? 300_000),
    fetch: (input, init) => (fetch ?? globalThis.fetch)(input, init),
  }
}

const optionNames =
  'authorize apiKey baseURL publicURL basePath allow transform canRead onAccepted waitUntil onError maxBodyBytes timeout fetch'

// Programs without types: a limit whose name is misspelt would limit nothing.
function checkNames(prefix: string, given: object, names: string): void {
  for (const name of Object.keys(given)) {
    if (!names.split(' ').includes(name)) {
      throw new TypeError(`${prefix}${name} is not an option. There are: ${names}.`)
    }
  }
}

// Programs without types: a list written as one text would allow every part of it, and a hook that
// is null would ask nobody.
function checkKinds<Context>(
  options: ProxyOptions<Context>,
  { models = [], origins = [], list = false, billing = false }: ProxyAllowances,
): void {
  const { canRead, onAccepted, transform, onError, waitUntil } = options
  const hooks = { canRead, onAccepted, transform, onError, waitUntil }
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook !== undefined && typeof hook !== 'function') {
      throw new TypeError(`${name} must be a function.`)
    }
  }
  for (const [name, texts] of Object.entries({ models, origins })) {
    if (!Array.isArray(texts) || !texts.every((each) => typeof each === 'string')) {
      throw new TypeError(`allow.${name} must be a list of texts.`)
    }
  }
  for (const [name, claim] of Object.entries({ list, billing })) {
    if (typeof claim !== 'boolean') throw new TypeError(`allow.${name} must be true or false.`)
  }
}

const localGateway = 'http://127.0.0.1:4700'

// Without a slash or version at the end, as paths begin with them. What is wrong is not quoted: it
// may hold a password.
function toAddress(name: string, text: string): string {
  const url = parseUrl(text)
  const isAddress = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash
  if (!isAddress || url.username || url.password) {
    throw new TypeError(
      `${name} must be an http address such as ${localGateway}, without password or query.`,
    )
  }
  return url.href.replace(/\/+$/, '').replace(/\/v2$/, '')
}

// Compared with the path of an address, so it must be written as addresses write it.
function toPath(text: string): string {
  const url = parseUrl(`http://site${text}`)
  if (url?.pathname === (text || '/') && url.host === 'site' && !isAmbiguous(text)) {
    return text.replace(/\/$/, '')
  }
  throw new TypeError('basePath must be a path as an address has it, such as /films.')
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

async function keyOf(option: ProxyOptions['apiKey']): Promise<string> {
  const given = typeof option === 'function' ? await option() : option
  return checkedKey(given ?? environment('FILMGATE_API_KEY'))
}

// Not a number at all would be no limit.
function positive(name: string, value: number): number {
  if (value > 0) return value
  throw new TypeError(`${name} must be a number above 0, but is ${String(value)}.`)
}

// What fails while a failure is told has nobody left to be told to.
function teller(
  tell: ProxyOptions['onError'] = (error) => console.error('filmgate proxy:', error),
): (error: unknown, request: Request) => void {
  return (failure, request) => {
    void (async () => tell(failure, request))().catch(() => undefined)
  }
}
