import { STRING, tsIntersection, tsLiteral, tsUnion } from 'openapi-typescript'
import ts from 'typescript'
import type * as modelModule from '../packages/server/dist/models/model.js'
import type * as sandboxModule from '../packages/server/dist/upstreams/sandbox/models.js'

type Model = modelModule.Model

// A relative import cannot name the built server; see client-types.ts.
const root = new URL(import.meta.url.includes('/tools/dist/') ? '../../' : '../', import.meta.url)
const sandbox: unknown = await import(
  new URL('packages/server/dist/upstreams/sandbox/models.js', root).href
)
// The cast holds because the type is that of the very module loaded.
const { sandboxModels } = sandbox as typeof sandboxModule

const requests = { CreateImageRequest: 'image', CreateVideoRequest: 'video' } as const

// Fields that take any string, since the models of a server decide: what the built-in models accept.
const fields: Record<string, (model: Model) => readonly string[]> = {
  model: ({ id }) => [id],
  aspect_ratio: ({ aspectRatios }) => aspectRatios,
  resolution: ({ resolutions }) => resolutions,
}

/** As much of a JSON schema as is looked at here. */
export interface FieldSchema {
  description?: string
  'x-known-values'?: readonly string[]
}

/** An object schema with its fields. */
interface RequestSchema {
  properties?: Record<string, FieldSchema>
}

/** Notes at the open fields of the generation requests what the built-in models accept. */
export function withKnownValues<S extends RequestSchema>(
  schemas: Record<string, S>,
): Record<string, S> {
  const noted = Object.entries(requests).map(([name, type]) => {
    const schema = schemas[name]
    const models = sandboxModels.filter((model) => model.type === type)
    return [name, { ...schema, properties: { ...schema?.properties, ...known(schema, models) } }]
  })
  return { ...schemas, ...Object.fromEntries(noted) }
}

function known(schema: RequestSchema | undefined, models: Model[]): Record<string, FieldSchema> {
  const properties = Object.entries(fields).map(([name, valuesOf]) => {
    const property = schema?.properties?.[name]
    // A field that was renamed must not lose its values in silence.
    if (!property) throw new Error(`a generation request has no field ${name}`)
    return [name, { ...property, 'x-known-values': [...new Set(models.flatMap(valuesOf))] }]
  })
  return Object.fromEntries(properties)
}

// `string & {}`: beside plain `string` TypeScript forgets the values.
const anyOtherString = tsIntersection([STRING, ts.factory.createTypeLiteralNode([])])

/** The type of a field with known values: those, or any other string. */
export function knownValuesType(schema: FieldSchema): ts.TypeNode | undefined {
  const values = schema['x-known-values']
  return values && tsUnion([...values.map(tsLiteral), anyOtherString])
}
