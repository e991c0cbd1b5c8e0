import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { errorCatalog, errorCodes } from './errors.ts'
import { responseHeaders } from './openapi-headers.ts'
import { errorCodesOf, toOpenApi } from './openapi.ts'
import { operationRows } from './operations.ts'

const publicUrl = 'https://films.example'
const document = toOpenApi({ publicUrl, version: '1.2.3' })

/** The value at a path of keys; fails when there is none. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((node, key) => {
    if (typeof node !== 'object' || node === null || !(key in node))
      throw new Error(`no ${key} of ${path.join(' > ')}`)
    return Object.entries(node).find(([name]) => name === String(key))?.[1]
  }, value)
}

function keysOf(value: unknown): string[] {
  return Object.keys(typeof value === 'object' && value !== null ? value : {})
}

/** Every object in the document, with its path. */
function* objectsIn(value: unknown, path: string[] = []): Generator<[string[], object]> {
  if (typeof value !== 'object' || value === null) return
  yield [path, value]
  for (const [key, child] of Object.entries(value)) yield* objectsIn(child, [...path, key])
}

function operationOf(row: { path: string; method: string }): unknown {
  return at(document, 'paths', row.path, row.method.toLowerCase())
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1 in the eyes of a validator that is not ours', async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone(document))
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('has every operation of the table, once, under its id', () => {
    const ids = operationRows.map((row) => at(operationOf(row), 'operationId'))
    expect(ids).toEqual(operationRows.map(({ id }) => id))
    const count = keysOf(at(document, 'paths')).flatMap((path) =>
      keysOf(at(document, 'paths', path)),
    )
    expect(count).toHaveLength(operationRows.length)
  })

  it('names version and address of this server', () => {
    expect(at(document, 'openapi')).toBe('3.1.0')
    expect(at(document, 'info', 'version')).toBe('1.2.3')
    expect(at(document, 'servers', 0, 'url')).toBe(publicUrl)
  })

  it('has nothing behind a reference that does not exist, and no component that nothing refers to', () => {
    const targets = new Set<string>()
    for (const [, object] of objectsIn(document)) {
      if (!('$ref' in object)) continue
      const target = String(object.$ref)
      expect(target.startsWith('#/')).toBe(true)
      expect(at(document, ...target.slice(2).split('/'))).toBeTypeOf('object')
      targets.add(target)
    }
    for (const kind of ['schemas', 'headers', 'parameters', 'examples'])
      for (const name of keysOf(at(document, 'components', kind)))
        expect(targets).toContain(`#/components/${kind}/${name}`)
  })

  it('lists for each operation exactly the statuses of its codes, and server_error always', () => {
    for (const row of operationRows) {
      const statuses = keysOf(at(operationOf(row), 'responses')).filter((status) =>
        /^4|^500/.test(status),
      )
      const expected = new Set(errorCodesOf(row).map((code) => String(errorCatalog[code].status)))
      expect(new Set(statuses), row.id).toEqual(expected)
      expect(expected.has('500'), row.id).toBe(true)
    }
  })

  it('shows an example for each code, with a doc_url on this server', () => {
    expect(keysOf(at(document, 'components', 'examples'))).toEqual(errorCodes)
    for (const code of errorCodes) {
      const value = at(document, 'components', 'examples', code, 'value', 'error')
      expect(value).toMatchObject({ code, doc_url: `${publicUrl}/docs/errors/${code}` })
    }
  })

  it('declares each path parameter that a path holds, and no other', () => {
    for (const row of operationRows) {
      const inPath = [...row.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      const declared = keysOf(row.params?.properties)
      expect(declared, row.id).toEqual(inPath)
    }
  })

  it('announces every header of the contract somewhere', () => {
    const text = JSON.stringify(at(document, 'paths'))
    for (const name of Object.keys(responseHeaders))
      expect(text).toContain(`#/components/headers/${name}`)
  })

  it('has schemas that compile as JSON Schema 2020-12 and accept the recorded errors', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true })
    ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    for (const word of ['paths', 'components', 'openapi', 'info', 'servers', 'tags'])
      ajv.addKeyword(word)
    ajv.addSchema(document, 'doc')
    for (const name of keysOf(at(document, 'components', 'schemas')))
      expect(ajv.getSchema(`doc#/components/schemas/${name}`), name).toBeTypeOf('function')
    for (const code of errorCodes) {
      const example = at(document, 'components', 'examples', code, 'value')
      expect(ajv.validate('doc#/components/schemas/ErrorBody', example), code).toBe(true)
    }
    expect(ajv.validate('doc#/components/schemas/ErrorBody', { error: {} })).toBe(false)
  })

  it('names the schemas of requests and answers instead of copying them', () => {
    for (const name of ['CreateImageRequest', 'ImageGeneration', 'ErrorBody', 'Usage', 'Model'])
      expect(keysOf(at(document, 'components', 'schemas'))).toContain(name)
    const copies = [...objectsIn(document)].filter(
      ([path, object]) =>
        'properties' in object && keysOf(object.properties).length > 0 && !path.includes('schemas'),
    )
    expect(copies.map(([path]) => path.join(' > '))).toEqual([])
  })
})
