import type * as errorsModule from '../packages/server/dist/contract/errors.js'
import type * as operationsModule from '../packages/server/dist/contract/operations.js'

// A relative import cannot name the built server: this file runs from tools/ under vitest and from
// tools/dist/ otherwise, and TypeScript rewrites no path that leads into another project (TS2878).
const root = new URL(import.meta.url.includes('/tools/dist/') ? '../../' : '../', import.meta.url)
async function contract(name: string): Promise<Record<string, unknown>> {
  return import(new URL(`packages/server/dist/contract/${name}.js`, root).href)
}

// The casts hold because the types are those of the very modules loaded.
const { operationRows } = (await contract('operations')) as typeof operationsModule
const { errorCatalog, errorCodes } = (await contract('errors')) as typeof errorsModule
const schemaModules = await Promise.all(
  ['common', 'images', 'videos', 'generations', 'models', 'billing'].map(contract),
)

const folder = 'packages/client/src/generated'
const header = '// Generated from the contract by tools/generate.ts. Do not edit.\n'

/**
 * The generated sources of the client, by path from the repository root: the types of what it
 * sends and receives, and the table and classes of the error codes.
 */
export function clientSources(): Record<string, string> {
  return {
    [`${folder}/types.ts`]: typesSource(),
    [`${folder}/errors.ts`]: errorsSource(),
  }
}

/** As much of JSON Schema as the contract uses. */
interface Schema {
  type?: string
  description?: string
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  required?: readonly string[]
}

// A schema is known by its export name wherever that very object occurs. Texts and numbers stay
// plain: a name for them would tell a reader less than `string` does.
const names = new Map<Schema, string>(
  schemaModules
    .flatMap((module) => Object.entries(module))
    .filter((entry): entry is [string, Schema] => isCompound(entry[1]))
    .map(([name, schema]) => [schema, name]),
)

function isCompound(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && 'type' in value
    ? value.type === 'object' || value.type === 'array'
    : typeof value === 'object' && value !== null && 'anyOf' in value
}

function typesSource(): string {
  const reached = new Set<Schema>()
  for (const row of operationRows.filter((row) => row.auth === 'key')) {
    const answers = Object.values(row.responses).map((response) => response.schema)
    for (const schema of [row.query, row.body, ...answers]) if (schema) collect(schema, reached)
  }
  // Sorted, so that a new operation never moves the types that were there before.
  const declarations = [...reached]
    .map((schema) => [names.get(schema) ?? '', schema] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => declaration(name, schema))
  return [header, "import type { ErrorCode } from './errors.ts'\n", ...declarations].join('\n')
}

function collect(schema: Schema, into: Set<Schema>): void {
  if (names.has(schema)) into.add(schema)
  const children = [
    ...(schema.anyOf ?? []),
    ...Object.values(schema.properties ?? {}),
    ...Object.values(schema.patternProperties ?? {}),
    ...(schema.items ? [schema.items] : []),
  ]
  for (const child of children) collect(child, into)
}

function declaration(name: string, schema: Schema): string {
  const comment = doc(schema.description, '')
  return schema.properties
    ? `${comment}export interface ${name} ${body(schema, '')}\n`
    : `${comment}export type ${name} = ${body(schema, '')}\n`
}

function typeOf(schema: Schema, indent: string): string {
  return names.get(schema) ?? body(schema, indent)
}

function body(schema: Schema, indent: string): string {
  if (schema.anyOf) return schema.anyOf.map((option) => typeOf(option, indent)).join(' | ')
  if (schema.enum) return enumeration(schema.enum)
  if (schema.items) return arrayOf(typeOf(schema.items, indent))
  if (schema.properties) return object(schema, indent)
  const [values] = Object.values(schema.patternProperties ?? {})
  if (values) return `Record<string, ${typeOf(values, indent)}>`
  if (schema.type === 'integer') return 'number'
  if (schema.type && ['string', 'number', 'boolean', 'null'].includes(schema.type)) {
    return schema.type
  }
  throw new Error(`No TypeScript type for ${JSON.stringify(schema)}`)
}

function enumeration(values: readonly unknown[]): string {
  if (values.length === errorCodes.length && errorCodes.every((code) => values.includes(code))) {
    return 'ErrorCode'
  }
  return values.map(literal).join(' | ')
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}

function arrayOf(item: string): string {
  return /^\w+$/.test(item) ? `${item}[]` : `Array<${item}>`
}

function object(schema: Schema, indent: string): string {
  const inner = `${indent}  `
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const mark = schema.required?.includes(name) ? '' : '?'
    return `${doc(field.description, inner)}${inner}${name}${mark}: ${typeOf(field, inner)}\n`
  })
  return `{\n${fields.join('')}${indent}}`
}

function doc(text: string | undefined, indent: string): string {
  return text ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : ''
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

/** `rate_limit` → `RateLimitError`, `invalid_api_key` → `InvalidApiKeyError`. */
function className(code: string): string {
  const words = code.split('_').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
  return `${words.join('').replace(/Error$/, '')}Error`
}
