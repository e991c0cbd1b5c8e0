import type { TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import type { TLocalizedValidationError } from 'typebox/error'
import { fail, type Failure } from '../contract/failure.ts'

/** Deeper JSON than any valid request has is refused before it is parsed. */
const maxDepth = 32

type Validator = ReturnType<typeof Compile>
const validators = new WeakMap<TSchema, Validator>()

/** Checks a value against a schema of the contract; throws a failure that names the parameter. */
export function parseValue(schema: TSchema, value: unknown): void {
  let validator = validators.get(schema)
  if (validator === undefined) {
    validator = Compile(schema)
    validators.set(schema, validator)
  }
  if (validator.Check(value)) return
  throw toFailure(validator.Errors(value)[1], value)
}

/** The JSON object in a body. Throws when it is absent, not UTF-8, not JSON, too deep or not an object. */
export function parseBody(body: unknown, contentType: string | undefined): Record<string, unknown> {
  if (!(body instanceof Uint8Array) || body.byteLength === 0) {
    throw fail('parameter_missing', 'body_missing', {
      message: 'The request has no body. Send a JSON object.',
    })
  }
  checkContentType(contentType)
  const value = parseJson(body)
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw fail('invalid_parameter', 'wrong_type', { message: 'The body must be a JSON object.' })
}

function checkContentType(contentType: string | undefined): void {
  if (
    contentType !== undefined &&
    /^application\/([\w.-]+\+)?json\s*(;\s*charset="?utf-?8"?\s*)?$/i.test(contentType.trim())
  ) {
    return
  }
  throw fail('invalid_parameter', 'unsupported_content_type', {
    message: 'The body must be sent with `Content-Type: application/json`, in UTF-8.',
  })
}

function parseJson(body: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (error) {
    throw notJson('The body is not valid UTF-8.', error)
  }
  if (isTooDeep(text)) throw notJson(`The body is nested deeper than ${maxDepth} levels.`)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw notJson('The body is not valid JSON.', error)
  }
}

function notJson(message: string, cause?: unknown): Failure {
  return fail('invalid_parameter', 'body_not_json', { message, cause })
}

function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    if (inString) {
      if (char === 0x5c) index += 1
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x7b || char === 0x5b) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (char === 0x7d || char === 0x5d) depth -= 1
  }
  return false
}

/** Query values are text; those that the schema wants as whole numbers are read as such. */
export function parseQuery(
  schema: TObject,
  query: Record<string, unknown>,
): Record<string, unknown> {
  const properties: Record<string, TSchema & { type?: unknown }> = schema.properties
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const wantsInteger = properties[name]?.type === 'integer'
      const isInteger = typeof value === 'string' && /^-?\d{1,15}$/.test(value)
      return [name, wantsInteger && isInteger ? Number(value) : value]
    }),
  )
}

/** The first fault, in the order in which a reader would fix them: missing, unknown, then the rest. */
function toFailure(errors: TLocalizedValidationError[], value: unknown): Failure {
  for (const error of errors) {
    if (error.keyword !== 'required') continue
    const name = error.params.requiredProperties[0] ?? ''
    const param = toParam(error.instancePath, name)
    return fail('parameter_missing', 'parameter_missing', {
      message: `The parameter \`${param}\` is required.`,
      param,
    })
  }
  for (const error of errors) {
    if (error.keyword !== 'additionalProperties') continue
    const name = error.params.additionalProperties[0] ?? ''
    const param = shorten(toParam(error.instancePath, name))
    return fail('invalid_parameter', 'unknown_parameter', {
      message: `There is no parameter \`${param}\` here. Remove it or correct its spelling.`,
      param,
    })
  }
  const error = errors.find(({ keyword }) => keyword !== 'boolean') ?? errors[0]
  if (error === undefined) throw new Error('a value failed validation without an error')
  return toValueFailure(error, value)
}

const rangeKeywords = new Set([
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
])

function toValueFailure(error: TLocalizedValidationError, value: unknown): Failure {
  const param = shorten(toParam(error.instancePath)) || null
  const isRange = rangeKeywords.has(error.keyword)
  const reason = isRange
    ? 'out_of_range'
    : error.keyword === 'enum'
      ? 'unsupported_value'
      : 'wrong_type'
  const subject = param === null ? 'The value' : `\`${param}\``
  return fail('invalid_parameter', reason, {
    message: `${subject} ${describe(error)}${found(error, value)}.`,
    ...(param === null ? {} : { param }),
  })
}

function describe(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'type':
      return `must be ${articles[String(error.params.type)] ?? String(error.params.type)}`
    case 'enum':
      return `must be one of ${error.params.allowedValues.map(String).join(', ')}`
    case 'minLength':
      return error.params.limit === 1
        ? 'must not be empty'
        : `must have at least ${error.params.limit} characters`
    case 'maxLength':
      return `must have at most ${error.params.limit} characters`
    case 'minimum':
      return `must be at least ${error.params.limit}`
    case 'maximum':
      return `must be at most ${error.params.limit}`
    case 'maxItems':
      return `must have at most ${error.params.limit} items`
    case 'pattern':
      return 'does not have the right form'
    default:
      return 'is not valid'
  }
}

const articles: Record<string, string> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
}

function found(error: TLocalizedValidationError, value: unknown): string {
  if (error.keyword !== 'type') return ''
  let at: unknown = value
  for (const key of error.instancePath.split('/').slice(1)) {
    // Walks along a path that the validator has just walked.
    at = (at as Record<string, unknown> | undefined)?.[unescape(key)]
  }
  const kind = at === null ? 'null' : Array.isArray(at) ? 'array' : typeof at
  return `, not ${articles[kind] ?? kind}`
}

// `/images/0` and `url` become `images[0].url`, as the client wrote it.
function toParam(instancePath: string, name?: string): string {
  const keys = instancePath.split('/').slice(1).map(unescape)
  const all = name === undefined ? keys : [...keys, name]
  return all
    .map((key, index) => (/^\d+$/.test(key) ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('')
}

function unescape(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}

function shorten(param: string): string {
  return param.length > 100 ? `${param.slice(0, 100)}…` : param
}
