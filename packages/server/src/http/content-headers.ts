import type { IncomingHttpHeaders } from 'node:http'
import { MIMEType } from 'node:util'
import { fail, type Failure } from '../contract/failure.ts'
import { shorten } from '../contract/shorten.ts'

/** ASCII is a part of UTF-8. */
const charsets = new Set(['utf8', 'usascii', 'ascii'])

/** Throws, before any of a body is read, when its headers say that it cannot be used. */
export function checkContentHeaders(headers: IncomingHttpHeaders): void {
  if (isWithoutBody(headers)) throw bodyMissing()
  checkContentType(headers['content-type'])
  checkContentEncoding(headers['content-encoding'])
}

function isWithoutBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}

/** The failure of a request without a body. */
export function bodyMissing(): Failure {
  return fail('parameter_missing', 'body_missing', {
    message: 'The request has no body. Send a JSON object, with `Content-Type: application/json`.',
  })
}

function checkContentType(header: string | undefined): void {
  if (header === undefined) throw wrongType('has no Content-Type header')
  const type = parseType(header)
  if (type === undefined) throw wrongType('has a Content-Type header that cannot be read')
  const isJson = type.subtype === 'json' || type.subtype.endsWith('+json')
  if (type.type !== 'application' || !isJson) {
    throw wrongType(`is declared as \`${shorten(type.essence, 64)}\``)
  }
  const charset = type.params.get('charset')
  if (charset === null || charsets.has(charset.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))) return
  throw fail('invalid_parameter', 'unsupported_content_type', {
    message: `The body is declared as text in \`${shorten(charset, 64)}\`. Send it in UTF-8, with \`Content-Type: application/json\`.`,
  })
}

function parseType(header: string): MIMEType | undefined {
  try {
    return new MIMEType(header)
  } catch {
    return undefined
  }
}

function wrongType(what: string): Failure {
  return fail('invalid_parameter', 'unsupported_content_type', {
    message: `The body ${what}. Send JSON in UTF-8, with \`Content-Type: application/json\`.`,
  })
}

function checkContentEncoding(header: string | undefined): void {
  const encodings = (header ?? '').split(',').map((encoding) => encoding.trim().toLowerCase())
  const encoding = encodings.find((name) => name !== '' && name !== 'identity')
  if (encoding === undefined) return
  throw fail('invalid_parameter', 'unsupported_content_encoding', {
    message: `The body is encoded with \`${shorten(encoding, 64)}\` (Content-Encoding). Send it as plain JSON, without that header.`,
  })
}
