import { describe, expect, it } from 'vitest'
import { errorCatalog, errorCodes } from '../../packages/server/src/contract/errors.ts'
import { operationRows } from '../../packages/server/src/contract/operations.ts'
import { api } from '../support/api.ts'
import { expectError } from './support/expect-error.ts'
import { useGateway } from './support/use-gateway.ts'

const gateway = useGateway()
const open = (path: string, method = 'GET') => api(gateway, method, path, { key: null })

describe('the pages', () => {
  it.each(['/', '/docs', '/docs/models', '/docs/errors'])(
    '%s opens without a key and runs nothing from elsewhere',
    async (path) => {
      const answer = await open(path)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(answer.text).toMatch(/^<!doctype html>/i)
    },
  )

  it.each(errorCodes)('doc_url of %s leads to a page that explains this code', async (code) => {
    const answer = await open(`/docs/errors/${code}`)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(errorCatalog[code].title)
    expect(answer.text).toContain(code)
  })

  it.each(['no_such_code', '__proto__', 'constructor', 'toString', 'rate_limit%00'])(
    'not_found for the code %s',
    async (code) => {
      expectError(await open(`/docs/errors/${code}`), 'not_found')
    },
  )

  it('of an error is where an error points to', async () => {
    const refused = await open('/v2/models')
    const page = await open(new URL(refused.body.error.doc_url).pathname)
    expect(page.status).toBe(200)
    expect(new URL(refused.body.error.doc_url).origin).toBe(gateway.baseURL)
  })
})

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 with every operation and its errors', async () => {
    const { status, body } = await open('/openapi.json')
    expect(status).toBe(200)
    expect(body.openapi).toMatch(/^3\.1\./)
    expect(body.servers[0].url).toBe(gateway.baseURL)
    for (const { method, path, errors } of operationRows) {
      const operation = body.paths[path]?.[method.toLowerCase()]
      for (const code of errors) {
        expect(Object.keys(operation.responses)).toContain(String(errorCatalog[code].status))
      }
    }
  })
})
