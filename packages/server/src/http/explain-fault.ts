/**
 * Why a value does not have the form that a schema of the contract demands, for its sender. The
 * schema is walked, not the value, so the work is bounded by what we wrote and not by what came.
 */
import type { TSchema } from 'typebox'
import { fail, type Failure } from '../contract/failure.ts'
import { shorten } from '../contract/shorten.ts'
import { toParam, type Path } from './param.ts'

/** What the schemas of requests are made of. */
interface Rules {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  properties?: Record<string, Rules>
  required?: readonly string[]
  additionalProperties?: boolean
  items?: Rules
  minItems?: number
  maxItems?: number
  enum?: readonly unknown[]
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  pattern?: string
}

interface Fault {
  kind: 'missing' | 'unknown' | 'value'
  failure: () => Failure
}

const urgency = { missing: 0, unknown: 1, value: 2 }

/**
 * The first fault, in the order in which a reader would mend them: what is missing, what is unknown,
 * then the rest. undefined if there is none.
 */
export function explainFault(schema: TSchema, value: unknown): Failure | undefined {
  let first: Fault | undefined
  // The schemas of the contract are plain JSON Schema of exactly these keywords; a test holds that.
  for (const fault of faultsOf(schema, value, [])) {
    if (first === undefined || urgency[fault.kind] < urgency[first.kind]) first = fault
  }
  return first?.failure()
}

function* faultsOf(rules: Rules, value: unknown, path: Path): Generator<Fault> {
  if (rules.enum !== undefined) {
    if (!rules.enum.includes(value)) yield notOneOf(rules.enum, value, path)
  } else if (!hasType(rules, value)) {
    yield wrongType(rules, value, path)
  } else if (rules.type === 'object') {
    // hasType has just said so.
    yield* faultsOfObject(rules, value as Record<string, unknown>, path)
  } else if (rules.type === 'array') {
    yield* faultsOfArray(rules, value as unknown[], path)
  } else {
    const broken = brokenRule(rules, value)
    if (broken !== undefined) yield outOfRange(broken, path)
  }
}

function* faultsOfObject(
  { properties = {}, required = [], additionalProperties }: Rules,
  value: Record<string, unknown>,
  path: Path,
): Generator<Fault> {
  for (const name of required) {
    if (!Object.hasOwn(value, name)) yield missing([...path, name])
  }
  const unknownName = Object.keys(value).find((name) => !Object.hasOwn(properties, name))
  if (additionalProperties === false && unknownName !== undefined) {
    yield unknownParameter([...path, unknownName], Object.keys(properties))
  }
  for (const [name, rules] of Object.entries(properties)) {
    if (Object.hasOwn(value, name)) yield* faultsOf(rules, value[name], [...path, name])
  }
}

function* faultsOfArray(rules: Rules, items: unknown[], path: Path): Generator<Fault> {
  const { items: itemRules, minItems = 0, maxItems = Infinity } = rules
  if (items.length < minItems || items.length > maxItems) {
    const limit = items.length < minItems ? `at least ${minItems}` : `at most ${maxItems}`
    yield outOfRange(`must have ${limit} items, not ${items.length}`, path)
    return
  }
  for (const [index, item] of items.entries()) {
    if (itemRules !== undefined) yield* faultsOf(itemRules, item, [...path, index])
  }
}

function hasType({ type }: Rules, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return Number.isFinite(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value)
    case 'string':
    case 'boolean':
    case undefined:
      return type === undefined || typeof value === type
    default:
      return type satisfies never
  }
}

/** The rule that a text or a number of the right type breaks, as the rest of a sentence. */
function brokenRule(rules: Rules, value: unknown): string | undefined {
  if (typeof value === 'string') return brokenTextRule(rules, value)
  const { minimum = -Infinity, maximum = Infinity } = rules
  if (typeof value !== 'number' || (value >= minimum && value <= maximum)) return undefined
  const limit = value < minimum ? `at least ${minimum}` : `at most ${maximum}`
  return `must be ${limit}, not ${value}`
}

function brokenTextRule(
  { minLength = 0, maxLength = Infinity, pattern }: Rules,
  text: string,
): string | undefined {
  // A character has one or two code units: most texts need no counting.
  const isShort = text.length < 2 * minLength && [...text].length < minLength
  if (isShort) {
    return minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`
  }
  const isLong = text.length > maxLength && countUpTo(text, maxLength) > maxLength
  if (isLong) return `must have at most ${maxLength} characters`
  if (pattern === undefined || new RegExp(pattern, 'u').test(text)) return undefined
  return 'does not have the right form'
}

/** Characters of a text, counted no further than needed to see that they are more than `most`. */
function countUpTo(text: string, most: number): number {
  return Array.from(text.slice(0, 2 * most + 2)).length
}

function missing(path: Path): Fault {
  const param = toParam(path)
  const failure = () =>
    fail('parameter_missing', 'parameter_missing', {
      message: `The parameter \`${param}\` is required.`,
      param,
    })
  return { kind: 'missing', failure }
}

function unknownParameter(path: Path, known: readonly string[]): Fault {
  const failure = () => {
    const param = shorten(toParam(path), 100)
    const advice =
      known.length === 0 ? 'Remove it.' : `Remove it, or use one of ${known.join(', ')}.`
    return fail('invalid_parameter', 'unknown_parameter', {
      message: `There is no parameter \`${param}\` here. ${advice}`,
      param,
    })
  }
  return { kind: 'unknown', failure }
}

function notOneOf(allowed: readonly unknown[], value: unknown, path: Path): Fault {
  const rule = `must be one of ${allowed.map(String).join(', ')}, not ${describe(value)}`
  return valueFault('unsupported_value', rule, path)
}

function wrongType({ type = 'object' }: Rules, value: unknown, path: Path): Fault {
  const isNumber = typeof value === 'number' && (type === 'integer' || type === 'number')
  const rule = `must be ${nouns[type]}, not ${isNumber ? value : describe(value)}`
  return valueFault('wrong_type', rule, path)
}

function outOfRange(rule: string, path: Path): Fault {
  return valueFault('out_of_range', rule, path)
}

function valueFault(
  reason: 'unsupported_value' | 'wrong_type' | 'out_of_range',
  rule: string,
  path: Path,
): Fault {
  const param = toParam(path)
  const subject = param === '' ? 'The value' : `\`${param}\``
  const failure = () =>
    fail('invalid_parameter', reason, {
      message: `${subject} ${rule}.`,
      ...(param === '' ? {} : { param }),
    })
  return { kind: 'value', failure }
}

const nouns = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
}

/** What came, for the end of a sentence. */
function describe(value: unknown): string {
  if (typeof value === 'string') return `the string \`${shorten(value, 40)}\``
  if (typeof value === 'number') return `the number ${value}`
  if (Array.isArray(value)) return nouns.array
  return value !== null && typeof value === 'object' ? nouns.object : String(value)
}
