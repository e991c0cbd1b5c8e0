/** What the value of a setting may be, in words: for messages, editors and docs/configuration.md. */

/** What the schema of the configuration file is made of. */
export interface Rules {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  description?: string
  /** Ours: what to write, where the other keywords do not say it. Finishes the sentence "It must be …". */
  form?: string
  default?: unknown
  properties?: Readonly<Record<string, Rules>>
  patternProperties?: Readonly<Record<string, Rules>>
  required?: readonly string[] | undefined
  items?: Rules
  anyOf?: readonly Rules[]
  minItems?: number
  maxItems?: number
  enum?: readonly unknown[]
  minimum?: number
  maximum?: number
}

/** Finishes the sentence "It must be …". The unit is the end of the setting's name. */
export function describeValue(rules: Rules, name: string): string {
  if (rules.form !== undefined) return rules.form
  if (rules.enum !== undefined) return `one of ${rules.enum.map(String).join(', ')}`
  switch (rules.type) {
    case 'integer':
    case 'number':
      return `${rules.type === 'integer' ? 'a whole number' : 'a number'}${toUnit(name)}${toRange(rules)}`
    case 'array':
      return `a list${toCount(rules)}${rules.items === undefined ? '' : `, each ${describeValue(rules.items, name)}`}`
    case 'object':
      return `an object${toMembers(rules)}`
    case 'boolean':
      return 'true or false'
    case 'string':
    case undefined:
      return 'a text'
    default:
      return rules.type satisfies never
  }
}

const units = ['seconds', 'mebibytes', 'bytes', 'pixels']

function toUnit(name: string): string {
  const last = name.split('_').at(-1) ?? ''
  if (last === 'ms') return ' of milliseconds'
  return units.includes(last) ? ` of ${last}` : ''
}

function toRange({ minimum, maximum }: Rules): string {
  return minimum === undefined || maximum === undefined ? '' : ` from ${minimum} to ${maximum}`
}

function toCount({ minItems = 0, maxItems }: Rules): string {
  if (maxItems !== undefined) {
    return minItems > 0 ? ` of ${minItems} to ${maxItems} entries` : ` of at most ${maxItems}`
  }
  return minItems > 0 ? ` of at least ${minItems}` : ''
}

function toMembers({ patternProperties = {} }: Rules): string {
  const [rules] = Object.values(patternProperties)
  return rules === undefined ? '' : `, each value ${describeValue(rules, '')}`
}
