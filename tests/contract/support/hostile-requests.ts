import type { ErrorCode } from '../../../packages/server/src/contract/errors.ts'

/** A request that no good client sends, and the codes that may answer it; `ok` is a 2xx. */
export interface HostileRequest {
  name: string
  bytes: string | Uint8Array | Iterable<string | Uint8Array>
  expects: readonly (ErrorCode | 'ok')[]
  /** The requests in it, where they are more than one. */
  targets?: readonly string[]
  writesFirst?: boolean
}

interface Parts {
  method?: string
  path?: string
  /** Instead of the usual ones; Authorization stays unless `key` is null. */
  headers?: string[]
  key?: string | null
  body?: string | Uint8Array
  version?: string
}

const images = '/v2/images/generations'
const videos = '/v2/videos/generations'
const crlf = '\r\n'

/** Everything hostile, for a gateway with this live key. */
export function hostileRequests(liveKey: string): HostileRequest[] {
  const request = ({
    method = 'POST',
    path = images,
    headers = ['Content-Type: application/json'],
    key = liveKey,
    body,
    version = 'HTTP/1.1',
  }: Parts): Buffer => {
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body)
    const hasLength = headers.some((line) => /^(content-length|transfer-encoding):/i.test(line))
    const lines = [
      `${method} ${path} ${version}`,
      'Host: gateway',
      ...(key === null ? [] : [`Authorization: Bearer ${key}`]),
      ...headers,
      ...(body === undefined || hasLength ? [] : [`Content-Length: ${bytes.length}`]),
    ]
    return Buffer.concat([Buffer.from(lines.join(crlf) + crlf + crlf, 'latin1'), bytes])
  }
  const get = (path: string, headers: string[] = []) => request({ method: 'GET', path, headers })
  return [
    ...brokenProtocol(request, get),
    ...oddTargets(request, get),
    ...largeBodies(request),
    ...absurdShapes(request),
    ...brokenJson(request),
    ...wrongValues(request),
  ]
}

type Build = (parts: Parts) => Buffer
type Get = (path: string, headers?: string[]) => Buffer

const malformed = ['invalid_parameter'] as const

function brokenProtocol(request: Build, get: Get): HostileRequest[] {
  const json = 'Content-Type: application/json'
  const list: [string, HostileRequest['bytes'], HostileRequest['expects']][] = [
    ['a bad request line', `HELLO THERE${crlf}${crlf}`, malformed],
    ['an empty method', ` /v2/models HTTP/1.1${crlf}Host: x${crlf}${crlf}`, malformed],
    ['a lower-case method', `get /v2/models HTTP/1.1${crlf}Host: x${crlf}${crlf}`, malformed],
    ['a made-up method', `BREW /coffee HTTP/1.1${crlf}Host: x${crlf}${crlf}`, malformed],
    ['HTTP/0.9', `GET /${crlf}`, malformed],
    ['HTTP/3.7', `GET / HTTP/3.7${crlf}Host: x${crlf}${crlf}`, malformed],
    ['HTTP/1.0', `GET /healthz HTTP/1.0${crlf}${crlf}`, ['ok']],
    ['the HTTP/2 preface', `PRI * HTTP/2.0${crlf}${crlf}SM${crlf}${crlf}`, malformed],
    ['a TLS hello', Buffer.from('16030100f1010000ed0303c0ffee00', 'hex'), malformed],
    [
      'random bytes',
      Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 197 + 131) % 256)),
      malformed,
    ],
    ['an SMTP greeting', `EHLO mail.example.com${crlf}`, malformed],
    ['a space before a header name', `GET / HTTP/1.1${crlf} Host: x${crlf}${crlf}`, malformed],
    ['a header without a colon', `GET / HTTP/1.1${crlf}Host x${crlf}${crlf}`, malformed],
    ['a header name with a space', `GET / HTTP/1.1${crlf}Ho st: x${crlf}${crlf}`, malformed],
    ['a null byte in a header', get('/v2/models', ['X-A: a\0b']), malformed],
    ['a bare line feed in a header', get('/v2/models', ['X-A: a\nX-B: b']), [...malformed, 'ok']],
    ['a bare carriage return in a header', get('/v2/models', ['X-A: a\rb']), malformed],
    ['a folded header', get('/v2/models', [`X-A: a${crlf} b`]), [...malformed, 'ok']],
    ['no Host', `GET /v2/models HTTP/1.1${crlf}${crlf}`, ['invalid_api_key']],
    ['two Hosts', get('/healthz', ['Host: other']), ['ok', 'invalid_parameter']],
    ['a Host that is none', `GET /healthz HTTP/1.1${crlf}Host: a b"<>${crlf}${crlf}`, ['ok']],
    [
      'two content lengths',
      request({ headers: [json, 'Content-Length: 2', 'Content-Length: 3'], body: '{} ' }),
      malformed,
    ],
    [
      'a list of content lengths',
      request({ headers: [json, 'Content-Length: 2, 2'], body: '{}' }),
      malformed,
    ],
    [
      'a negative content length',
      request({ headers: [json, 'Content-Length: -2'], body: '{}' }),
      malformed,
    ],
    [
      'a content length in hex',
      request({ headers: [json, 'Content-Length: 0x2'], body: '{}' }),
      malformed,
    ],
    [
      'a content length past any number',
      request({ headers: [json, `Content-Length: ${'9'.repeat(30)}`] }),
      malformed,
    ],
    [
      'a content length of eight exabytes',
      request({ headers: [json, 'Content-Length: 9223372036854775807'] }),
      malformed,
    ],
    [
      'a content length with a plus',
      request({ headers: [json, 'Content-Length: +2'], body: '{}' }),
      malformed,
    ],
    [
      'content length and chunked',
      request({
        headers: [json, 'Content-Length: 2', 'Transfer-Encoding: chunked'],
        body: `0${crlf}${crlf}`,
      }),
      malformed,
    ],
    [
      'chunked twice',
      request({ headers: [json, 'Transfer-Encoding: chunked, chunked'], body: `0${crlf}${crlf}` }),
      [...malformed, 'parameter_missing'],
    ],
    [
      'chunked, then something',
      request({ headers: [json, 'Transfer-Encoding: chunked, identity'], body: `0${crlf}${crlf}` }),
      malformed,
    ],
    [
      'an unknown transfer encoding',
      request({ headers: [json, 'Transfer-Encoding: smoke'] }),
      malformed,
    ],
    [
      'a bad chunk size',
      request({ headers: [json, 'Transfer-Encoding: chunked'], body: `zz${crlf}` }),
      malformed,
    ],
    [
      'a chunk size past any number',
      request({ headers: [json, 'Transfer-Encoding: chunked'], body: `${'f'.repeat(20)}${crlf}` }),
      malformed,
    ],
    [
      'a chunk longer than its size',
      request({
        headers: [json, 'Transfer-Encoding: chunked'],
        body: `2${crlf}{}{}${crlf}0${crlf}${crlf}`,
      }),
      malformed,
    ],
    [
      'a negative chunk size',
      request({ headers: [json, 'Transfer-Encoding: chunked'], body: `-1${crlf}` }),
      malformed,
    ],
    [
      'a chunk extension of 20 KB',
      request({
        headers: [json, 'Transfer-Encoding: chunked'],
        body: `2;${'x'.repeat(20_000)}${crlf}{}${crlf}0${crlf}${crlf}`,
      }),
      [...malformed, 'parameter_missing'],
    ],
    ['a header of 20 KB', get('/v2/models', [`X-Long: ${'x'.repeat(20_000)}`]), malformed],
    ['a header of 1 MB', get('/v2/models', [`X-Long: ${'x'.repeat(1_000_000)}`]), malformed],
    ['a header name of 20 KB', get('/v2/models', [`${'x'.repeat(20_000)}: x`]), malformed],
    [
      '5000 headers',
      get(
        '/v2/models',
        Array.from({ length: 5000 }, (_, at) => `X-${at}: ${at}`),
      ),
      malformed,
    ],
    [
      '2500 short headers',
      get(
        '/healthz',
        Array.from({ length: 2500 }, () => 'a:b'),
      ),
      // Node 22 counts more bytes for each header than Node 20 does.
      ['ok', 'invalid_parameter'],
    ],
    [
      'trailers',
      request({
        headers: [json, 'Transfer-Encoding: chunked', 'Trailer: Authorization'],
        key: null,
        body: `2${crlf}{}${crlf}0${crlf}Authorization: Bearer x${crlf}${crlf}`,
      }),
      ['invalid_api_key'],
    ],
    ['Expect: nonsense', request({ headers: [json, 'Expect: nonsense'], body: '{}' }), malformed],
    [
      'Expect: 100-continue with nothing to follow',
      request({ headers: [json, 'Expect: 100-continue'], body: '{}' }),
      ['parameter_missing'],
    ],
    [
      'Upgrade to a WebSocket',
      get('/v2/models', [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
      ]),
      ['ok'],
    ],
    [
      'Upgrade to h2c',
      get('/healthz', [
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      ]),
      ['ok'],
    ],
    [
      'two Authorization headers',
      get('/v2/models', ['Authorization: Bearer other']),
      ['ok', 'invalid_api_key'],
    ],
    [
      'an Authorization header with UTF-8',
      request({ method: 'GET', path: '/v2/models', key: 'sk_live_ÃŒber' }),
      ['invalid_api_key'],
    ],
    [
      'an X-Request-Id with a forged header',
      get('/healthz', ['X-Request-Id: a%0d%0aSet-Cookie: b']),
      ['ok'],
    ],
    [
      'an Idempotency-Key given twice',
      request({ headers: [json, 'Idempotency-Key: a', 'Idempotency-Key: b'], body: '{}' }),
      ['parameter_missing'],
    ],
    [
      'a Range past any number',
      get(`/v2/downloads/gen_${'0'.repeat(32)}/0`, [`Range: bytes=${'9'.repeat(400)}-`]),
      ['not_found'],
    ],
    [
      'a Prefer that waits for ever',
      request({ headers: [json, 'Prefer: wait=99999999999'], body: '{}' }),
      ['parameter_missing'],
    ],
    ['a method override', get('/healthz', ['X-HTTP-Method-Override: DELETE']), ['ok']],
  ]
  return list.map(([name, bytes, expects]) => ({ name, bytes, expects }))
}

function oddTargets(request: Build, get: Get): HostileRequest[] {
  const methods = [
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'MKCOL',
    'SEARCH',
    'PURGE',
    'M-SEARCH',
    'LINK',
    'QUERY',
    'REPORT',
  ]
  const targets: [string, HostileRequest['expects']][] = [
    ['/../../etc/passwd', ['not_found']],
    ['/%2e%2e/%2e%2e/etc/passwd', ['not_found']],
    ['/..%2f..%2fetc%2fpasswd', ['not_found']],
    ['/v2/models/..%5c..%5cwindows', ['not_found']],
    ['/docs/errors/..%2f..%2f..%2fetc%2fpasswd', ['not_found']],
    [`/v2/downloads/..%2f..%2ffilmgate.db/0?exp=9999999999&sig=x`, ['not_found']],
    ['/v2/models%00', ['not_found', 'invalid_parameter']],
    ['/v2/images/generations/%00', ['not_found']],
    ['/v2/images/generations/%', ['invalid_parameter', 'not_found']],
    ['/v2/images/generations/%zz', ['invalid_parameter', 'not_found']],
    ['/v2/images/generations/%c3%28', ['invalid_parameter', 'not_found']],
    ['/%ff%fe', ['invalid_parameter', 'not_found']],
    [`/v2/images/generations/${'x'.repeat(500)}`, ['not_found']],
    [`/${'x'.repeat(12_000)}`, ['not_found']],
    [`/${'x'.repeat(60_000)}`, ['invalid_parameter']],
    [`/${'a/'.repeat(4000)}`, ['not_found']],
    ['//v2//models', ['not_found']],
    ['/v2/models/', ['not_found']],
    ['/V2/MODELS', ['not_found']],
    ['/v2/models;x=1', ['not_found']],
    ['/v2/models#part', ['ok', 'not_found', 'invalid_parameter']],
    ['http://other.example/v2/models', ['ok', 'not_found']],
    ['https://user:pass@other.example:99999/', ['ok', 'not_found', 'invalid_parameter']],
    ['*', ['not_found']],
    ['v2/models', ['not_found', 'invalid_parameter']],
    ['/v2/generations?limit=1&limit=2', ['invalid_parameter']],
    ['/v2/generations?limit=NaN', ['invalid_parameter']],
    ['/v2/billing/balance?a=1', ['invalid_parameter']],
    ['/v2/billing/balance?__proto__=1', ['invalid_parameter']],
    ['/v2/billing/balance?', ['ok']],
    ['/v2/billing/balance?=', ['invalid_parameter']],
    [`/v2/billing/balance?${'%F0%9F%A6%8A'.repeat(500)}=1`, ['invalid_parameter']],
    ['/v2/models?%ED%A0%BE=1', ['invalid_parameter']],
    ['/v2/images/generations/', ['not_found']],
    ['/v2/videos/generations/?', ['not_found']],
    ['/healthz?a=1', ['ok']],
    ['/v2/generations?limit=1e999', ['invalid_parameter']],
    ['/v2/generations?after=%00', ['not_found']],
    ['/v2/generations?after=%F0%9F%A6%8A', ['not_found']],
    ['/v2/generations?%', ['invalid_parameter']],
    ['/v2/generations?__proto__[x]=1', ['invalid_parameter']],
    ['/v2/generations?constructor=1', ['invalid_parameter']],
    [`/v2/generations?${'a=1&'.repeat(2000)}`, ['invalid_parameter']],
    ["/v2/generations?after=' OR 1=1 --".replaceAll(' ', '%20'), ['not_found']],
    ['/v2/models?type=%FF', ['invalid_parameter']],
    ['/docs/errors/__proto__', ['not_found']],
    ['/docs/errors/%3Cscript%3E', ['not_found']],
    ['/.env', ['not_found']],
    ['/.git/config', ['not_found']],
    ['/favicon.ico', ['not_found', 'ok']],
  ]
  const shown = (target: string) =>
    target.length > 60 ? `${target.slice(0, 50)}… (${target.length})` : target
  return [
    ...targets.map(([target, expects]) => ({
      name: `GET ${shown(target)}`,
      bytes: get(target),
      expects,
    })),
    ...methods.flatMap((method) =>
      ['/v2/models', images].map((path) => ({
        name: `${method} ${path}`,
        bytes: request({ method, path, headers: [] }),
        expects: ['not_found', 'invalid_parameter'] as const,
      })),
    ),
    {
      name: 'DELETE with a body',
      bytes: request({ method: 'DELETE', path: videos, body: '{}' }),
      expects: ['not_found'],
    },
    {
      name: 'POST to a path that ends where an id belongs',
      bytes: request({ path: `${videos}/`, body: '{}' }),
      expects: ['not_found'],
    },
    {
      name: 'POST with a query',
      bytes: request({ path: `${images}?model=sandbox-image`, body: '{"model":"a","prompt":"a"}' }),
      expects: ['invalid_parameter'],
    },
    {
      name: 'GET with a body',
      bytes: request({ method: 'GET', path: '/v2/models', body: '{"a":1}' }),
      expects: ['ok'],
    },
    {
      name: 'OPTIONS *',
      bytes: request({ method: 'OPTIONS', path: '*', headers: [] }),
      expects: ['not_found', 'invalid_parameter'],
    },
    {
      name: 'CONNECT',
      bytes: `CONNECT example.com:443 HTTP/1.1${crlf}Host: example.com:443${crlf}${crlf}`,
      expects: ['invalid_parameter', 'not_found'],
    },
    {
      name: 'four requests in one packet',
      bytes: Buffer.concat([
        get('/healthz'),
        get('/nowhere'),
        request({ body: '{}' }),
        get('/v2/models'),
      ]),
      expects: ['ok', 'not_found', 'parameter_missing'],
      targets: ['GET /healthz', 'GET /nowhere', `POST ${images}`, 'GET /v2/models'],
    },
    {
      name: 'a request with garbage after it',
      bytes: Buffer.concat([get('/healthz'), Buffer.from(`garbage${crlf}${crlf}`)]),
      expects: ['ok', 'invalid_parameter'],
    },
    {
      name: 'a second request smuggled in a GET body',
      bytes: Buffer.concat([
        request({ method: 'GET', path: '/healthz', headers: [], body: get('/v2/billing/balance') }),
        get('/nowhere'),
      ]),
      expects: ['ok', 'not_found'],
      targets: ['GET /healthz', 'GET /nowhere'],
    },
    {
      name: 'a request line in single bytes',
      bytes: [...get('/v2/models?type=image')].map((byte) => Uint8Array.of(byte)),
      expects: ['ok'],
    },
  ]
}

const mebibyte = Buffer.alloc(1024 * 1024, 0x61)

function largeBodies(request: Build): HostileRequest[] {
  const json = 'Content-Type: application/json'
  const bySize = ({ headers = [], ...parts }: Parts) => [
    request({ ...parts, headers: [json, ...headers, `Content-Length: ${30 * mebibyte.length}`] }),
    ...Array<Buffer>(30).fill(mebibyte),
  ]
  const inChunks = ({ headers = [], ...parts }: Parts) => [
    request({ ...parts, headers: [json, ...headers, 'Transfer-Encoding: chunked'] }),
    ...Array.from({ length: 48 }, () =>
      Buffer.concat([Buffer.from(`100000${crlf}`), mebibyte, Buffer.from(crlf)]),
    ),
    `0${crlf}${crlf}`,
  ]
  const senders: [string, (parts: Parts) => (Buffer | string)[]][] = [
    ['30 MiB by content length', bySize],
    ['48 MiB in chunks', inChunks],
  ]
  const refusals: [string, Parts, HostileRequest['expects']][] = [
    ['', {}, malformed],
    [' without a key', { key: null }, ['invalid_api_key']],
    [' to nowhere', { path: '/nowhere' }, ['not_found']],
    [' where no body belongs', { path: `${images}/gen_${'0'.repeat(32)}/cancel` }, ['not_found']],
    [' in an encoding', { headers: ['Content-Encoding: gzip'] }, malformed],
    [' that ask to close', { headers: ['Connection: close'] }, malformed],
    [
      ' without a key that ask to close',
      { key: null, headers: ['Connection: close'] },
      ['invalid_api_key'],
    ],
    [' in HTTP/1.0', { key: null, version: 'HTTP/1.0' }, ['invalid_api_key', 'invalid_parameter']],
    [' after Expect: nonsense', { headers: ['Expect: nonsense'] }, malformed],
    [' after a line that is no header', { headers: ['no header'] }, malformed],
  ]
  return senders.flatMap(([how, build]) =>
    refusals.flatMap(([why, parts, expects]) =>
      [false, true].map((writesFirst) => ({
        name: `${how}${why}${writesFirst ? ', read only once all is sent' : ''}`,
        bytes: build(parts),
        expects,
        writesFirst,
      })),
    ),
  )
}

/** A few MiB that would be many times as much once they were parsed. */
function absurdShapes(request: Build): HostileRequest[] {
  const start = '{"model":"sandbox-image","prompt":"a","dry_run":true'
  const list = (item: string, count: number) => `[${Array<string>(count).fill(item).join(',')}]`
  const image = (url: string) => `${start},"images":[{"url":"${url}"}]}`
  const shapes: [string, string, HostileRequest['expects']][] = [
    ['a million zeros where images belong', `${start},"images":${list('0', 1e6)}}`, malformed],
    ['a million empty lists', list('[]', 1e6), malformed],
    ['a million empty objects', list('{}', 1e6), malformed],
    ['two thousand values', `${start},"images":${list('0', 1990)}}`, malformed],
    ['4 MiB of blanks', `${start}${' '.repeat(4 * mebibyte.length)}}`, malformed],
    ['400 texts of 60 KB', list(`"${'x'.repeat(60_000)}"`, 400), malformed],
    ['20 texts of 100 KB', list(`"${'x'.repeat(100_000)}"`, 20), malformed],
    ['a million escaped quotes', `{"prompt":"${'\\"'.repeat(1e6)}"}`, ['parameter_missing']],
    ['a text that never ends', `{"prompt":"${'x'.repeat(1e6)}`, malformed],
    [
      'a long text with a line break',
      image(`data:image/png;base64,${'A'.repeat(1e5)}\n`),
      malformed,
    ],
    ['a long text that is cut in an escape', image(`data:,${'A'.repeat(1e5)}\\u00`), malformed],
    ['a long picture of nothing', image(`data:image/png;base64,${'A'.repeat(1e6)}`), malformed],
    [
      'a long picture with foxes in it',
      image(`data:image/png;base64,${'🦊'.repeat(1e5)}`),
      malformed,
    ],
    ['a long picture without a comma', image(`data:${'A'.repeat(1e6)}`), malformed],
    ['a long address', image(`https://example.com/${'a'.repeat(1e6)}`), malformed],
    ['a long key', `${start},"${'k'.repeat(1e6)}":1}`, malformed],
    ['a long text under __proto__', `${start},"__proto__":"${'k'.repeat(1e6)}"}`, malformed],
    [
      'nine long pictures',
      `${start},"images":${list(`{"url":"data:image/png;base64,${'A'.repeat(1e5)}"}`, 9)}}`,
      malformed,
    ],
  ]
  return shapes.map(([name, body, expects]) => ({ name, bytes: request({ body }), expects }))
}

function brokenJson(request: Build): HostileRequest[] {
  const quoted = '{"model":"sandbox-image","prompt":"a fox","dry_run":true}'
  const bodies: [string, string | Uint8Array, HostileRequest['expects']][] = [
    ['no JSON', 'hello', malformed],
    ['blanks only', '   \n', malformed],
    ['cut JSON', '{"model":"sandbox-image","prompt":"a', malformed],
    ['a trailing comma', '{"model":"sandbox-image",}', malformed],
    ['comments', '{/* hi */"model":"sandbox-image"}', malformed],
    ['single quotes', "{'model':'sandbox-image'}", malformed],
    ['NaN', '{"model":"sandbox-image","prompt":"a","seed":NaN}', malformed],
    ['Infinity', '{"model":"sandbox-image","prompt":"a","seed":Infinity}', malformed],
    ['an array', '[]', malformed],
    ['a string', '"model"', malformed],
    ['null', 'null', malformed],
    ['a number', '5', malformed],
    ['an array 100000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, malformed],
    ['an object 100000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, malformed],
    ['brackets that never close', '['.repeat(1_000_000), malformed],
    ['a byte order mark', `\u{feff}${quoted}`, ['ok', 'invalid_parameter']],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), malformed],
    ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), malformed],
    ['UTF-16', Buffer.from(quoted, 'utf16le'), malformed],
    ['a raw control character', '{"model":"sandbox-image","prompt":"a\u0001b"}', malformed],
    ['a raw null byte', '{"model":"sandbox-image","prompt":"a\0b"}', malformed],
    ['two objects', `${quoted}${quoted}`, malformed],
    [
      'duplicate keys',
      '{"model":"sandbox-video","model":"sandbox-image","prompt":"a","dry_run":true}',
      ['ok'],
    ],
    [
      'the key __proto__',
      '{"__proto__":{"model":"sandbox-image"},"prompt":"a"}',
      ['parameter_missing', 'invalid_parameter'],
    ],
    [
      'the key __proto__ beside a whole request',
      quoted.replace('{', '{"__proto__":{"admin":true},'),
      malformed,
    ],
    [
      'the key constructor',
      quoted.replace('{', '{"constructor":{"prototype":{"x":1}},'),
      malformed,
    ],
    ['the key toString', quoted.replace('{', '{"toString":1,'), malformed],
    ['an empty key', quoted.replace('{', '{"":1,'), malformed],
    ['a key of 100 KB', quoted.replace('{', `{"${'k'.repeat(100_000)}":1,`), malformed],
    ['a key with markup', quoted.replace('{', '{"<img src=x onerror=alert(1)>":1,'), malformed],
    [
      '10000 unknown keys',
      `{${Array.from({ length: 10_000 }, (_, at) => `"k${at}":1`).join(',')}}`,
      ['parameter_missing', 'invalid_parameter'],
    ],
    [
      'a number of 100000 digits',
      `{"model":"sandbox-image","prompt":"a","seed":${'9'.repeat(100_000)}}`,
      malformed,
    ],
  ]
  const types: [string, string, string, HostileRequest['expects']][] = [
    ['a form', 'application/x-www-form-urlencoded', 'model=sandbox-image&prompt=a', malformed],
    [
      'multipart',
      'multipart/form-data; boundary=x',
      `--x${crlf}Content-Disposition: form-data; name="model"${crlf}${crlf}a${crlf}--x--`,
      malformed,
    ],
    ['multipart without a boundary', 'multipart/form-data', 'x', malformed],
    ['text', 'text/plain', quoted, malformed],
    [
      'XML',
      'application/xml',
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
      malformed,
    ],
    ['JSON in UTF-8 by another spelling', "application/json;charset='UTF8';", quoted, ['ok']],
    ['JSON with other parameters', 'application/json; a="b;c"; charset="utf-8"', quoted, ['ok']],
    ['JSON in capitals', 'APPLICATION/JSON', quoted, ['ok']],
    ['two content types', 'application/json, text/plain', quoted, malformed],
    ['JSON in a charset with markup', 'application/json; charset="<b>"', quoted, malformed],
    ['JSON in another charset', 'application/json; charset=utf-16', quoted, malformed],
    ['an empty content type', '', quoted, malformed],
    ['a content type that is none', 'json', quoted, malformed],
    ['a content type of 8 KB', `application/${'x'.repeat(8000)}`, quoted, malformed],
    ['a JSON flavour', 'application/vnd.api+json', quoted, ['ok']],
  ]
  return [
    ...bodies.map(([name, body, expects]) => ({
      name: `a body of ${name}`,
      bytes: request({ body }),
      expects,
    })),
    ...types.map(([name, type, body, expects]) => ({
      name: `${name} as the body`,
      bytes: request({ headers: [`Content-Type: ${type}`], body }),
      expects,
    })),
    {
      name: 'a body without a content type',
      bytes: request({ headers: [], body: quoted }),
      expects: malformed,
    },
    {
      name: 'a gzipped body',
      bytes: request({
        headers: ['Content-Type: application/json', 'Content-Encoding: gzip'],
        body: Buffer.from('1f8b080000000000', 'hex'),
      }),
      expects: malformed,
    },
    ...['br', 'identity, gzip', 'x'.repeat(8000), '<script>'].map((encoding) => ({
      name: `a body in the encoding ${encoding.slice(0, 20)}`,
      bytes: request({
        headers: ['Content-Type: application/json', `Content-Encoding: ${encoding}`],
        body: quoted,
      }),
      expects: malformed,
    })),
    { name: 'no body at all', bytes: request({ headers: [] }), expects: ['parameter_missing'] },
    {
      name: 'a content length without a body',
      bytes: request({ headers: ['Content-Length: 0'] }),
      expects: ['parameter_missing'],
    },
  ]
}

function wrongValues(request: Build): HostileRequest[] {
  const wrong = [null, true, 5, -0.5, '', [], {}, [[]], 'x'.repeat(5000)]
  const send = (path: string, fields: object): Buffer =>
    request({
      path,
      body: JSON.stringify({
        model: path === images ? 'sandbox-image' : 'sandbox-video',
        prompt: 'a fox',
        dry_run: true,
        ...fields,
      }),
    })
  const fields: [string, string][] = [
    ...[
      'model',
      'prompt',
      'aspect_ratio',
      'resolution',
      'output_format',
      'seed',
      'dry_run',
      'images',
    ].map((name): [string, string] => [images, name]),
    ...['duration', 'sound'].map((name): [string, string] => [videos, name]),
  ]
  const isRight = (name: string, value: unknown) =>
    (name === 'seed' && value === 5) ||
    (name === 'dry_run' && value === true) ||
    (name === 'sound' && value === true) ||
    (name === 'duration' && value === 5) ||
    (name === 'images' && Array.isArray(value) && value.length === 0)
  const typed = fields.flatMap(([path, name]) =>
    wrong.map((value) => ({
      name: `${name}: ${JSON.stringify(value).slice(0, 30)}`,
      bytes: send(path, { [name]: value }),
      expects: isRight(name, value) ? (['ok'] as const) : malformed,
    })),
  )
  const one = (name: string, field: object, expects: HostileRequest['expects'] = malformed) => ({
    name,
    bytes: send(images, field),
    expects,
  })
  const fox = '🦊'
  const url = (address: unknown) => ({ images: [{ url: address }] })
  return [
    ...typed,
    one('nine images', { images: Array(9).fill({ url: 'https://example.com/a.png' }) }),
    one('100000 images', { images: Array(100_000).fill({ url: 'https://example.com/a.png' }) }),
    one('an image with an unknown field', {
      images: [{ url: 'https://example.com/a.png', weight: 1 }],
    }),
    one('an image url that is a number', url(5)),
    one('an image url that is an object', url({ href: 'x' })),
    one('a prompt of 4096 foxes', { prompt: fox.repeat(4096) }, ['ok']),
    one('a prompt of 4097 foxes', { prompt: fox.repeat(4097) }),
    one('a prompt of 4097 letters', { prompt: 'x'.repeat(4097) }),
    one('a prompt of 4096 families, each of seven characters', { prompt: '👨‍👩‍👧‍👦'.repeat(4096) }),
    one('a prompt of one letter under 5000 accents', { prompt: `e${'\u0301'.repeat(5000)}` }),
    one('a prompt of 20 MB', { prompt: 'x'.repeat(20_000_000) }),
    one('a prompt with control characters', { prompt: 'a\u0000\u0007\u001b[2Jfox' }, [
      'ok',
      'invalid_parameter',
    ]),
    one('a prompt of invisible characters', { prompt: '\u200b\u200d\u2060' }, [
      'ok',
      'invalid_parameter',
    ]),
    one('a prompt with text directions', { prompt: '\u202ea fox\u202c' }, [
      'ok',
      'invalid_parameter',
    ]),
    one('a seed past the safe integers', { seed: 2 ** 53 }),
    {
      name: 'a seed of 1e999',
      bytes: request({
        body: '{"model":"sandbox-image","prompt":"a","dry_run":true,"seed":1e999}',
      }),
      expects: malformed,
    },
    {
      name: 'a lone surrogate in the prompt',
      bytes: request({ body: '{"model":"sandbox-image","prompt":"a \\ud83e fox","dry_run":true}' }),
      expects: ['ok', 'invalid_parameter'],
    },
    {
      name: 'a lone surrogate in a parameter name',
      bytes: request({ body: '{"model":"sandbox-image","prompt":"a","\\udc00":1}' }),
      expects: malformed,
    },
    one('10000 directives', { prompt: '[[stall]]'.repeat(450) }, ['ok', 'invalid_parameter']),
    one('a directive that never closes', { prompt: `[[${'['.repeat(4000)}` }, [
      'ok',
      'invalid_parameter',
    ]),
  ]
}
