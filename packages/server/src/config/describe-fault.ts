/** What is wrong with the configuration file, for whoever wrote it. */
import type { TLocalizedValidationError } from 'typebox/error'
import { shorten } from '../contract/shorten.ts'
import { describeValue, type Rules } from './describe-value.ts'
import { didYouMean } from './nearest.ts'

/**
 * The first fault as `PLACE: what is wrong`. A text is repeated only in the place of a number or a
 * word: elsewhere it may be a secret.
 */
export function describeFault(
  schema: Rules,
  value: unknown,
  faults: readonly TLocalizedValidationError[],
): string {
  // Of an unknown setting two are reported: one for its schema, which is `false`, and a telling one.
  const fault = faults.find(({ keyword }) => keyword !== 'boolean')
  const path = toPath(fault?.instancePath ?? '')
  const place = path.join('.') || 'the top'
  if (fault === undefined) return `${place}: it does not have the right form`
  const rules = rulesAt(schema, fault.schemaPath)
  if (rules.form === undefined && fault.keyword === 'additionalProperties') {
    const known = Object.keys(rules.properties ?? {}).filter((name) => name !== '$schema')
    const [unknown = ''] = fault.params.additionalProperties
    return `${place}: there is no setting ${shorten(unknown, 60)}${didYouMean(unknown, known)}; there is ${known.join(', ')}`
  }
  if (rules.form === undefined && fault.keyword === 'required') {
    return `${place}: it needs ${fault.params.requiredProperties.join(', ')}`
  }
  const wanted = describeValue(rules, path.findLast((part) => !/^\d+$/.test(part)) ?? '')
  return `${place}: it must be ${wanted}${toContrast(rules, valueAt(value, path))}`
}

/** The rules that a fault broke; of alternatives, those that have the words for all of them. */
function rulesAt(schema: Rules, pointer: string): Rules {
  let rules = schema
  for (const part of toPath(pointer)) {
    if (rules.anyOf !== undefined) return rules
    // The pointer was made from this very schema, so each part leads to rules or to a table of them.
    rules = (rules as Record<string, Rules>)[part] ?? {}
  }
  return rules
}

/** The parts of a JSON pointer, with or without `#`. */
function toPath(pointer: string): string[] {
  const parts = pointer.split('/').slice(1)
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined
    // What JSON.parse makes has no other keys than these.
    found = (found as Record<string, unknown>)[part]
  }
  return found
}

function toContrast({ form, type, enum: words = [] }: Rules, value: unknown): string {
  if (form !== undefined) return ''
  if (Array.isArray(value)) return type === 'array' ? '' : ', not a list'
  if (typeof value === 'object' && value !== null) return ', not an object'
  if (typeof value !== 'string') return `, not ${String(value)}`
  if (type === 'object' || type === 'array') return ', not a text'
  return `, not ${JSON.stringify(shorten(value, 40))}${didYouMean(value, words.map(String))}`
}
