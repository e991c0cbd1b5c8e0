import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { errorCatalog, type ErrorCode } from '../../packages/server/src/contract/errors.ts'
import { api, postImage } from '../support/api.ts'
import { hostileRequests, type HostileRequest } from './support/hostile-requests.ts'
import { sendRaw, type RawAnswer } from './support/raw.ts'
import { useGateway } from './support/use-gateway.ts'

/** The same key that the gateway is started with, so that the table can be made before. */
const key = `sk_live_${'f0'.repeat(20)}`
const gateway = useGateway({ key })
const requests = hostileRequests(key)
const answered = new Map<string, number>()
let slow: Promise<RawAnswer[]>
let before: { bytes: number; balance: number }

beforeAll(async () => {
  await postImage(gateway)
  before = { bytes: residentBytes(), balance: (await gateway.accountOf()).balance }
  // Takes as long as the server waits for headers, so it runs beside all others.
  slow = sendRaw(gateway.baseURL, 'GET /v2/models HTTP/1.1\r\nHost: x\r\nX-Slow: ')
})

/** Asserts an answer inside the contract: exactly the five fields, and the status of the code. */
function codeOf({ status, headers, body }: RawAnswer): ErrorCode | 'ok' {
  expect(headers['x-request-id']).toMatch(/^\S+$/)
  if (status >= 200 && status < 300) return 'ok'
  const { error } = JSON.parse(body) as { error: Record<string, unknown> }
  expect(Object.keys(error).toSorted()).toEqual(['code', 'doc_url', 'message', 'param', 'type'])
  // The next line fails for a code that the catalog does not have.
  const code = error['code'] as ErrorCode
  expect(status).toBe(errorCatalog[code]?.status)
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(headers['x-should-retry']).toBe('false')
  expect(String(error['message']).length).toBeLessThan(600)
  // Half a character, which some clients cannot turn into a string.
  expect(body).not.toMatch(/\\ud[89a-f]/i)
  return code
}

function check({ expects }: Pick<HostileRequest, 'expects'>, answers: RawAnswer[]): void {
  for (const answer of answers) {
    const code = codeOf(answer)
    answered.set(code, (answered.get(code) ?? 0) + 1)
    expect(expects, answer.body).toContain(code)
  }
}

function residentBytes(): number {
  try {
    const status = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
  } catch {
    return 0
  }
}

describe('gets an answer of the contract', () => {
  it.each(requests.map((request) => [request.name, request] as const))(
    '%s',
    async (_name, request) => {
      const { bytes, ...options } = request
      check(request, await sendRaw(gateway.baseURL, bytes, options))
    },
  )

  it('headers that never end', async () => {
    check({ expects: ['invalid_parameter'] }, await slow)
  })

  it('a thousand connections, a hundred at a time, each for one request', async () => {
    const askOnce = () =>
      sendRaw(gateway.baseURL, 'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(Array.from({ length: 100 }, askOnce))
      for (const answer of answers) expect(codeOf(answer[0] as RawAnswer)).toBe('not_found')
    }
  })

  it('twenty strangers at once who send 30 MiB each, all refused without being read into memory', async () => {
    const large = requests.find(({ name }) => name === '30 MiB by content length without a key')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => sendRaw(gateway.baseURL, large?.bytes ?? '')),
    )
    for (const answer of answers) check({ expects: ['invalid_api_key'] }, answer)
  })
})

describe('after all of that', () => {
  it('the gateway is up, owes nobody anything and has not grown', async () => {
    expect(requests.length).toBeGreaterThan(100)
    expect(gateway.process.exitCode).toBeNull()
    expect((await api(gateway, 'GET', '/readyz', { key: null })).body.status).toBe('ready')
    expect(await gateway.accountOf()).toEqual({ balance: before.balance, held: 0 })
    expect(await gateway.inFlight()).toBe(0)
    expect((await api(gateway, 'GET', '/v2/generations')).body.data).toHaveLength(1)
    expect((await postImage(gateway)).status).toBe(200)
    expect(gateway.log.filter((line) => line.includes('"level":50'))).toEqual([])
    const grown = Math.round((residentBytes() - before.bytes) / 1024 ** 2)
    expect(grown).toBeLessThan(300)
    const tally = [...answered].map(([code, count]) => `${count} ${code}`).join(', ')
    console.log(`${requests.length + 2} hostile requests: ${tally}; memory grew by ${grown} MiB`)
  })
})
