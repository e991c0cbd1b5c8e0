import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import type * as errorsModule from '../packages/server/dist/contract/errors.js'
import type { JsonObject } from '../packages/server/dist/contract/openapi.js'
import { knownValuesType, withKnownValues, type FieldSchema } from './known-values.ts'

// A relative import cannot name the built server: this file runs from tools/ under vitest and from
// tools/dist/ otherwise, and TypeScript rewrites no path that leads into another project (TS2878).
const root = new URL(import.meta.url.includes('/tools/dist/') ? '../../' : '../', import.meta.url)
const errors: unknown = await import(new URL('packages/server/dist/contract/errors.js', root).href)
// The cast holds because the type is that of the very module loaded.
const { errorCatalog, errorCodes } = errors as typeof errorsModule

const folder = 'packages/client/src/generated'
const header = '// Generated from the contract by tools/generate.ts. Do not edit.\n'

/**
 * The generated sources of the client, by path from the repository root: the types of what it sends
 * and receives, as openapi-typescript makes them of the OpenAPI document, with the values that the
 * built-in models accept; names for them; the table and classes of the error codes; and its own version,
 * for a package.json is not there once it is bundled.
 */
export async function clientSources(
  document: JsonObject,
  version: string,
): Promise<Record<string, string>> {
  // The casts hold because `toOpenApi` makes this form, and the tests check it against OpenAPI's schema.
  const part = clientPart(document as unknown as Document)
  const nodes = await openapiTS(part as unknown as OpenAPI3, {
    alphabetize: true,
    defaultNonNullable: false,
    silent: true,
    transform: knownValuesType,
  })
  return {
    [`${folder}/openapi.ts`]: `${header}\n${astToString(nodes)}`,
    [`${folder}/types.ts`]: namesSource(part),
    [`${folder}/errors.ts`]: errorsSource(),
    [`${folder}/version.ts`]: versionSource(version),
  }
}

/** As much of the OpenAPI document as is looked at here. */
interface Document {
  openapi: string
  info: object
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; parameters: object }
}

interface Operation {
  operationId: string
  security: readonly object[]
  parameters?: readonly { in?: string }[]
  responses: Record<string, { content?: object | undefined }>
}

interface Schema {
  type?: string
  description?: string
  properties?: Record<string, FieldSchema>
}

/**
 * The part that the client uses: operations that take a key, with what they answer when all is well.
 * Errors reach its caller as classes, and headers not at all.
 */
function clientPart({ openapi, info, paths, components }: Document): Document {
  const used: Document['paths'] = {}
  for (const [path, methods] of Object.entries(paths)) {
    const taken = Object.entries(methods).filter(([, { security }]) => security.length > 0)
    if (taken.length === 0) continue
    used[path] = Object.fromEntries(taken.map(([method, each]) => [method, withoutErrors(each)]))
  }
  const { parameters } = components
  const schemas = withKnownValues(pick(components.schemas, reached(used, components.schemas)))
  return { openapi, info, paths: used, components: { schemas, parameters } }
}

function withoutErrors(operation: Operation): Operation {
  const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  const responses = successes.map(([status, { content }]) => [status, { content }] as const)
  return { ...operation, responses: Object.fromEntries(responses) }
}

/** Names of the schemas that a part of the document refers to, directly or through others. */
function reached(
  part: object,
  schemas: Document['components']['schemas'],
  into = new Set<string>(),
): Set<string> {
  for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (into.has(name)) continue
    into.add(name)
    reached(schemas[name] ?? {}, schemas, into)
  }
  return into
}

function pick<Value>(from: Record<string, Value>, names: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.has(name)))
}

/** The names by which the client's users know the types: those of the contract. */
function namesSource({ paths, components }: Document): string {
  const schemas = Object.entries(components.schemas)
    // A name for a text would tell a reader less than `string` does.
    .filter(([, { type }]) => type !== 'string')
    .map(([name, { description }]) => alias(name, `components['schemas']['${name}']`, description))
  const queries = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ parameters = [] }) => parameters.some(({ in: place }) => place === 'query'))
    .map(({ operationId }) =>
      alias(
        toQueryName(operationId),
        `NonNullable<operations['${operationId}']['parameters']['query']>`,
      ),
    )
  // Sorted, so that a new operation never moves the types that were there before.
  const declarations = [...schemas, ...queries]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, text]) => text)
  const imports = "import type { components, operations } from './openapi.ts'\n"
  return [header, imports, ...declarations].join('\n')
}

/** The name to sort by, and the declaration. */
function alias(name: string, type: string, description?: string): [name: string, text: string] {
  const comment = description === undefined ? '' : `/** ${description.replaceAll('*/', '* /')} */\n`
  return [name, `${comment}export type ${name} = ${type}\n`]
}

/** `listModels` → `ListModelsQuery`, `getCosts` → `CostsQuery`. */
function toQueryName(operationId: string): string {
  const name = operationId.replace(/^get/, '')
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Query`
}

function errorsSource(): string {
  const codes = errorCodes.map((code) => ({
    code,
    entry: errorCatalog[code],
    name: className(code),
  }))
  const rows = codes.map(
    ({ code, entry }) => `  ${code}: { status: ${entry.status}, retryable: ${entry.retryable} },\n`,
  )
  const classes = codes.map(
    ({ code, entry, name }) =>
      `/** ${entry.title} (${entry.status}). ${entry.happened} ${entry.fix} */\n` +
      `export class ${name} extends FilmgateError<'${code}'> {\n` +
      `  static readonly code = '${code}'\n` +
      `  override readonly name = '${name}'\n}\n`,
  )
  const table = codes.map(({ code, name }) => `  ${code}: ${name},\n`)
  return [
    header,
    "import { FilmgateError } from '../filmgate-error.ts'\n",
    `/** The codes the API answers with: their HTTP status, and whether the same request may succeed later. */`,
    `export const errorCatalog = {\n${rows.join('')}} as const\n`,
    `/** One of the ${codes.length} codes of the API. */`,
    'export type ErrorCode = keyof typeof errorCatalog\n',
    ...classes,
    '/** The class of each code. */',
    `export const errorClasses = {\n${table.join('')}} as const\n`,
  ].join('\n')
}

function versionSource(version: string): string {
  return `${header}\n/** The version of this package. */\nexport const version = '${version}'\n`
}

/** `rate_limit` → `RateLimitError`, `invalid_api_key` → `InvalidApiKeyError`. */
function className(code: string): string {
  const words = code.split('_').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
  return `${words.join('').replace(/Error$/, '')}Error`
}
