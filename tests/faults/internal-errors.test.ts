/** A fault of our own: the caller learns that, with ids to quote, and nothing of what went wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError } from '../contract/support/expect-error.ts'
import { api, postImage, postVideo, type ApiAnswer } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { readRows, tamper } from './support/database-file.ts'

let gateway: TestGateway
let id: string
let link: string
beforeAll(async () => {
  gateway = await startGateway()
  const { body } = await postImage(gateway)
  id = body.id
  link = body.data[0].url.slice(gateway.baseURL.length)
})
afterAll(() => gateway.stop())

/** Whatever is left of the message once the ids are taken out of it must not be from inside. */
function expectNoInternals(answer: ApiAnswer, secrets: RegExp): void {
  expectError(answer, 'server_error', { message: /\(.*req_\w+\)$/ })
  expect(answer.text).not.toMatch(secrets)
  expect(JSON.stringify([...answer.headers])).not.toMatch(secrets)
  const { message } = answer.body.error
  expect(message).not.toMatch(/sqlite|no such|SELECT|unexpected token|\bat \w+ \(|\.[jt]s\b|\//i)
  expect(message).toContain(answer.headers.get('x-request-id'))
}

/** The operator is told what the caller is not: the control, and what makes the fault findable. */
function expectLogged(answer: ApiAnswer, text: RegExp): void {
  const requestId = answer.headers.get('x-request-id') ?? ''
  const line = gateway.log.find((each) => each.includes(requestId))
  expect(line).toMatch(text)
}

describe('with a table gone from under it', () => {
  const hide = (table: string) => tamper(gateway.dataDir, `ALTER TABLE ${table} RENAME TO hidden`)
  const show = (table: string) => tamper(gateway.dataDir, `ALTER TABLE hidden RENAME TO ${table}`)

  const lastDay = new URLSearchParams({
    start: new Date(Date.now() - 86_400_000).toISOString(),
    end: new Date().toISOString(),
  })
  const requests: [string, string, () => Promise<ApiAnswer>][] = [
    ['api_keys', 'a look-up of the key', () => api(gateway, 'GET', '/v2/models')],
    ['accounts', 'the balance', () => api(gateway, 'GET', '/v2/billing/balance')],
    ['ledger_entries', 'costs', () => api(gateway, 'GET', `/v2/billing/costs?${lastDay}`)],
    ['generations', 'the list', () => api(gateway, 'GET', '/v2/generations')],
    ['outputs', 'a finished image', () => api(gateway, 'GET', `/v2/images/generations/${id}`)],
    ['outputs', 'a download', () => api(gateway, 'GET', link, { key: null })],
    ['rate_windows', 'a new image', () => postImage(gateway)],
    ['jobs', 'a new video', () => postVideo(gateway)],
    ['accounts', 'a quote', () => postImage(gateway, { dry_run: true })],
  ]
  test.each(requests)('%s: %s fails and names nothing of it', async (table, _what, send) => {
    hide(table)
    const answer = await send().finally(() => show(table))
    expectNoInternals(answer, new RegExp(table))
    expectLogged(answer, new RegExp(`no such table: (main\\.)?${table}`))
  })

  test('and back again, everything is answered as before: the control', async () => {
    for (const [, , send] of requests) expect((await send()).status).toBeLessThan(300)
  })
})

test('with a damaged row, nothing of what is in the row is told', async () => {
  const [row] = readRows<{ input: string }>(gateway.dataDir, 'SELECT input FROM generations')
  const write = (input: string) =>
    tamper(gateway.dataDir, `UPDATE generations SET input = '${input.replaceAll("'", "''")}'`)
  // The error of the JSON parser quotes what it could not read.
  write('quixotic marmalade')
  for (const path of [`/v2/images/generations/${id}`, '/v2/generations']) {
    const answer = await api(gateway, 'GET', path)
    expectNoInternals(answer, /quixotic|marmalade|JSON/)
    // Not even to the log, which is told where it happened instead.
    expectLogged(answer, /SyntaxError.*at JSON\.parse.*generation\.js/)
    expect(gateway.log.join('\n')).not.toMatch(/quixotic|marmalade/)
  }
  write(row?.input ?? '')
  expect((await api(gateway, 'GET', `/v2/images/generations/${id}`)).status).toBe(200)
})
