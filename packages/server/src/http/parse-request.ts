import type { TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { fail } from '../contract/failure.ts'
import { shorten } from '../contract/shorten.ts'
import { explainFault } from './explain-fault.ts'

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
  throw explainFault(schema, value) ?? new Error('a value failed validation without a fault')
}

/**
 * The query of an operation. Values are text; those that the schema wants as whole numbers are read
 * as such. Throws invalid_parameter for what is unknown and for what is given twice.
 */
export function parseQuery(
  schema: TObject,
  query: Record<string, unknown>,
): Record<string, unknown> {
  const properties: Record<string, TSchema & { type?: unknown }> = schema.properties
  const parsed = Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, parseText(value, properties[name]?.type)]),
  )
  // Whatever else is wrong, a parameter that does not exist cannot be given too often.
  for (const [name, value] of Object.entries(parsed)) {
    if (Object.hasOwn(properties, name) && Array.isArray(value)) throw repeated(name, value.length)
  }
  parseValue(schema, parsed)
  return parsed
}

function parseText(value: unknown, type: unknown): unknown {
  const isInteger = typeof value === 'string' && /^-?\d{1,15}$/.test(value)
  return type === 'integer' && isInteger ? Number(value) : value
}

function repeated(name: string, times: number) {
  return fail('invalid_parameter', 'repeated_parameter', {
    message: `The query parameter \`${shorten(name, 100)}\` is given ${times} times. Send it once.`,
    param: name,
  })
}
