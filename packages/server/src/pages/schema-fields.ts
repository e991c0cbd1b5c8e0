import { errorCodes } from '../contract/errors.ts'
import { html, prose, type Html } from './html.ts'

/** The parts of JSON Schema that the contract's schemas use. */
export interface SchemaNode {
  type?: string
  description?: string
  enum?: readonly unknown[]
  anyOf?: readonly SchemaNode[]
  items?: SchemaNode
  properties?: Readonly<Record<string, SchemaNode>>
  patternProperties?: Readonly<Record<string, SchemaNode>>
  required?: readonly string[]
  format?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

/** One line of a schema's table. */
export interface Field {
  /** As a client writes it: `images[].url`. */
  name: string
  depth: number
  type: string
  required: boolean
  limits: string
  description: string
}

/** The shapes of a union of objects, once each, named by what tells them apart. */
export function variantsOf(schema: SchemaNode): { name: string; schema: SchemaNode }[] {
  if (schema.anyOf === undefined) return [{ name: variantName(schema), schema }]
  const all = schema.anyOf.flatMap((part) => variantsOf(part))
  const seen = new Set<string>()
  return all.filter(({ schema: part }) => {
    const key = JSON.stringify(part)
    return !seen.has(key) && seen.add(key)
  })
}

/** The fields of an object schema, nested ones behind the one that holds them. */
export function fieldsOf(schema: SchemaNode, prefix = '', depth = 0): Field[] {
  const properties = Object.entries(schema.properties ?? {})
  return properties.flatMap(([key, node]) => {
    const name = prefix + key
    const field = {
      name,
      depth,
      type: typeName(node),
      required: schema.required?.includes(key) ?? false,
      limits: limitsOf(node),
      description: node.description ?? '',
    }
    const inside = node.type === 'array' ? node.items : node
    const innerPrefix = node.type === 'array' ? `${name}[].` : `${name}.`
    return [field, ...(inside === undefined ? [] : fieldsOf(inside, innerPrefix, depth + 1))]
  })
}

/** The table of an object's fields. `marksRequired` is off for answers, where it says little. */
export function fieldTable(fields: readonly Field[], marksRequired: boolean): Html {
  return html`<dl class="fields">
    ${fields.map(
      ({ name, depth, type, required, limits, description }) =>
        html`<div${depthClass(depth)}>
<dt><code>${name}</code><span class="type">${type}</span>${marksRequired && required ? html`<span class="required">required</span>` : ''}${!marksRequired && !required ? html`<span class="type">where known</span>` : ''}</dt>
${description === '' ? '' : html`<dd>${prose(description)}</dd>`}
${limits === '' ? '' : html`<dd>${prose(limits)}</dd>`}
</div>`,
    )}
  </dl>`
}

function depthClass(depth: number): Html {
  if (depth === 0) return html``
  return depth === 1 ? html` class="deep"` : html` class="deeper"`
}

function variantName(schema: SchemaNode): string {
  const statuses = schema.properties?.['status']?.enum
  if (statuses?.length === 1) return `status: ${JSON.stringify(statuses[0])}`
  return schema.description ?? ''
}

function typeName(node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map(typeName).join(' or ')
  if (node.type === 'array') return `list of ${plural(typeName(node.items ?? {}))}`
  if (node.patternProperties !== undefined) return 'object'
  if (node.enum !== undefined) return typeof node.enum[0]
  return node.format === 'date-time' ? 'instant' : (node.type ?? 'any')
}

function plural(name: string): string {
  return name === 'any' ? 'values' : `${name}s`
}

function limitsOf(node: SchemaNode): string {
  const { enum: values } = node
  if (values !== undefined && values.length > 1 && values !== errorCodes)
    return `One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.`
  if (values?.length === 1) return `Always \`${String(values[0])}\`.`
  if (node.minimum !== undefined && node.maximum !== undefined && node.maximum < 1e9)
    return `From ${node.minimum} to ${node.maximum}.`
  return ''
}
