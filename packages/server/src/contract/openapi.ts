import type { TObject, TSchema } from 'typebox'
import * as billing from './billing.ts'
import * as common from './common.ts'
import { errorCatalog, type ErrorCode } from './errors.ts'
import * as generations from './generations.ts'
import { examples } from './generated/examples.ts'
import * as health from './health.ts'
import * as images from './images.ts'
import * as models from './models.ts'
import {
  requestHeaders,
  responseHeaders,
  type HeaderRow,
  type ResponseHeaderName,
} from './openapi-headers.ts'
import { operationRows, type Operation, type OperationId } from './operations.ts'
import * as videos from './videos.ts'

/** Plain JSON data. */
export type Json = null | boolean | number | string | Json[] | JsonObject
/** A JSON object. */
export interface JsonObject {
  [key: string]: Json
}

/** What differs between two servers with the same contract. */
export interface OpenApiOptions {
  /** Address under which clients reach this server, without a slash at the end. */
  publicUrl: string
  version: string
}

type OperationRow = Operation & { id: OperationId }

/** What each group of operations is for. */
export const tagDescriptions: Record<Operation['tag'], string> = {
  Images: 'Make pictures. A request waits for its picture unless it asks not to.',
  Videos: 'Make films. A request is answered at once and followed by its id.',
  Generations: 'Look back at what was made.',
  Models: 'Find out what this server can run, what each model accepts and what it costs.',
  Billing: 'Read the prepaid balance and what was spent.',
  Files: 'Fetch the finished files.',
  Operations: 'For load balancers and monitoring.',
  Docs: 'This documentation, and the API as an OpenAPI document.',
}

/** The whole API as an OpenAPI 3.1 document, made from the operations table and the error catalog alone. */
export function toOpenApi({ publicUrl, version }: OpenApiOptions): JsonObject {
  const components = new SchemaComponents()
  const paths: Record<string, JsonObject> = {}
  for (const row of operationRows) {
    const methods = (paths[row.path] ??= {})
    methods[row.method.toLowerCase()] = toOperation(row, components)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Filmgate',
      version,
      summary: 'One API for AI image and video generation.',
      description: `Every answer that is not 2xx has the same body: five fields under \`error\`, with one of eight codes. Each code is explained at ${publicUrl}/docs/errors.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    tags: tagsInUse().map((name) => ({ name, description: tagDescriptions[name] })),
    paths,
    components: {
      schemas: components.collect(),
      headers: mapValues(responseHeaders, toHeader),
      parameters: mapValues(requestHeaders, (header, name) => ({
        name,
        in: 'header',
        ...toHeader(header),
      })),
      examples: mapValues(examples, ({ response }, code) => ({
        summary: errorCatalog[code].title,
        value: plain({
          error: { ...response.body.error, doc_url: `${publicUrl}/docs/errors/${code}` },
        }),
      })),
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key of this server: `sk_live_…`, or `sk_test_…` to run every model on the sandbox at no cost.',
        },
      },
    },
  }
}

/** Codes that an operation can answer, in the order of the catalog; server_error is always among them. */
export function errorCodesOf(row: Operation): ErrorCode[] {
  // The catalog is closed, so its keys are exactly the codes.
  const all = Object.keys(errorCatalog) as ErrorCode[]
  return all.filter((code) => code === 'server_error' || row.errors.includes(code))
}

/** Response headers that an operation's answer can carry. `codes` is empty for answers that are not errors. */
export function headersOf(
  row: Operation,
  status: number,
  codes: readonly ErrorCode[],
): ResponseHeaderName[] {
  const isCreation = row.headers?.includes('Idempotency-Key') ?? false
  const isAboutOne = isCreation || row.path.includes('/generations/{id}')
  const names: ResponseHeaderName[] = ['X-Request-Id']
  // A failure before acceptance has no generation to name; these codes can come after it.
  const hasId = status <= 400 || status === 422 || status === 500
  if (isAboutOne && hasId) names.push('X-Generation-Id', 'X-Billed')
  if (row.path.startsWith('/v2/downloads/')) names.push('X-Generation-Id')
  const isState = isAboutOne && row.method === 'GET'
  if (codes.length > 0 || (isState && status === 200)) names.push('X-Should-Retry')
  if (status === 401) names.push('WWW-Authenticate')
  if (status === 429 || status === 500) names.push('Retry-After', 'Retry-After-Ms')
  if (isAboutOne && (status === 202 || (isState && status === 200))) names.push('Retry-After')
  if (isCreation && status !== 401 && status !== 404)
    names.push('X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset')
  if (isCreation && hasId) names.push('Idempotent-Replayed')
  return names
}

function toOperation(row: OperationRow, components: SchemaComponents): JsonObject {
  const parameters: Json[] = [
    ...toParameters(row.params, 'path', components),
    ...toParameters(row.query, 'query', components),
    ...(row.headers ?? []).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ]
  return {
    operationId: row.id,
    tags: [row.tag],
    summary: row.summary,
    description: row.description,
    // Either of them is enough, which is what alternatives in a list say.
    security: row.auth === 'key' ? row.scopes.map((scope) => ({ apiKey: [scope] })) : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(row.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.convert(row.body) } },
          },
        }),
    responses: { ...toResponses(row, components), ...toErrorResponses(row, components) },
  }
}

function toParameters(
  schema: TObject | undefined,
  place: 'path' | 'query',
  components: SchemaComponents,
): Json[] {
  if (schema === undefined) return []
  const required = new Set<string>(schema.required)
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    ...describe(property),
    schema: components.convert(property),
  }))
}

function toResponses(row: OperationRow, components: SchemaComponents): JsonObject {
  const entries = Object.entries(row.responses).map(([status, response]): [string, Json] => {
    const contentType = response.contentType?.split(';')[0] ?? 'application/json'
    const schema =
      response.schema === undefined
        ? contentType.startsWith('text/')
          ? { type: 'string' }
          : {}
        : components.convert(response.schema)
    const hasBody = response.schema !== undefined || response.contentType !== undefined
    return [
      status,
      {
        description: response.description,
        headers: headerRefs(headersOf(row, Number(status), [])),
        ...(hasBody ? { content: { [contentType]: { schema } } } : {}),
      },
    ]
  })
  return Object.fromEntries(entries)
}

function toErrorResponses(row: OperationRow, components: SchemaComponents): JsonObject {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorCodesOf(row)) {
    const { status } = errorCatalog[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const schema = components.convert(common.ErrorBody)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes
          .map((code) => `\`${code}\`: ${errorCatalog[code].happened}`)
          .join('\n\n'),
        headers: headerRefs(headersOf(row, status, codes)),
        content: {
          'application/json': {
            schema,
            examples: Object.fromEntries(
              codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
      },
    ]),
  )
}

function headerRefs(names: readonly ResponseHeaderName[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

function toHeader({ description, schema, example }: HeaderRow): JsonObject {
  return {
    description,
    schema: plain(schema),
    example: schema['type'] === 'integer' ? Number(example) : example,
  }
}

function describe(schema: TSchema): JsonObject {
  return 'description' in schema && typeof schema.description === 'string'
    ? { description: schema.description }
    : {}
}

/** The groups of operations, in the order of the table. */
export function tagsInUse(): Operation['tag'][] {
  return [...new Set(operationRows.map(({ tag }) => tag))]
}

function mapValues<Key extends string, Value>(
  table: Readonly<Record<Key, Value>>,
  change: (value: Value, key: Key) => Json,
): JsonObject {
  // Object.keys loses the literal type; the tables given here are closed.
  const keys = Object.keys(table) as Key[]
  return Object.fromEntries(keys.map((key) => [key, change(table[key], key)]))
}

/** What JSON makes of a value: TypeBox's hidden markers are gone. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) // JSON.parse answers any; an object's JSON is an object.
}

/**
 * Exported schemas become named components: wherever a schema equal to a named one occurs, a $ref
 * stands in its place. The names are the export names of the contract modules, so there is no list.
 */
class SchemaComponents {
  readonly #names = new Map<string, string>()
  readonly #schemas = new Map<string, TSchema>()
  readonly #used = new Map<string, Json>()

  constructor() {
    for (const module of [common, images, videos, generations, models, billing, health]) {
      for (const [name, value] of Object.entries<unknown>(module)) {
        if (!/^[A-Z]/.test(name) || typeof value !== 'object' || value === null) continue
        const key = JSON.stringify(value)
        if (this.#names.has(key)) continue
        this.#names.set(key, name)
        this.#schemas.set(name, value)
      }
    }
  }

  /** The schema for the document: a reference where it is named, else with references inside. */
  convert(schema: TSchema): Json {
    return this.#walk(plain(schema))
  }

  /** Every component that was referred to, by name. */
  collect(): JsonObject {
    return Object.fromEntries([...this.#used].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  #walk(node: Json): Json {
    if (Array.isArray(node)) return node.map((item) => this.#walk(item))
    if (typeof node !== 'object' || node === null) return node
    const name = this.#names.get(JSON.stringify(node))
    if (name === undefined) return this.#inside(node)
    if (!this.#used.has(name)) {
      this.#used.set(name, null) // Holds the place while the walk inside goes on.
      this.#used.set(name, this.#inside(plain(this.#schemas.get(name) ?? {})))
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  #inside(node: JsonObject): JsonObject {
    const walked = Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, this.#walk(value)]),
    )
    const { enum: values, anyOf } = walked
    if (Array.isArray(values) && values.every((value) => typeof value === 'string'))
      return { type: 'string', ...walked }
    const isNullable =
      Array.isArray(anyOf) && JSON.stringify(anyOf) === '[{"type":"string"},{"type":"null"}]'
    if (!isNullable) return walked
    const { anyOf: _, ...rest } = walked
    return { type: ['string', 'null'], ...rest }
  }
}
