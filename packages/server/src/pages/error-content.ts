import { STATUS_CODES } from 'node:http'
import { errorCatalog, errorCodes, reasonsOf, type ErrorCode } from '../contract/errors.ts'
import { examples, recordedUrl } from '../contract/generated/examples.ts'
import { errorCodesOf } from '../contract/openapi.ts'
import { operationRows } from '../contract/operations.ts'
import { curl, prettyJson } from './curl.ts'
import { canFailLater, errorClassName, handlerSnippet } from './handlers.ts'

/** A question and its answer in two parts: the word that decides, and the rest of the sentence. */
export interface Verdict {
  answer: string
  detail: string
}

/** All that the page of one code says, before it becomes HTML or Markdown. */
export type ErrorContent = ReturnType<typeof errorContent>

const actors = {
  caller: { answer: 'You', detail: 'The server works as it should.' },
  operator: { answer: 'The operator', detail: 'The settings of this server need a change.' },
  gateway: { answer: 'The server side', detail: 'Your request was fine.' },
} as const satisfies Record<string, Verdict>

/** Gathers everything about one code. `publicUrl` is what links and commands are shown with. */
export function errorContent(code: ErrorCode, publicUrl: string) {
  const entry = errorCatalog[code]
  return {
    code,
    ...entry,
    statusLine: statusLine(entry.status),
    retryVerdict: toVerdict(entry.retry),
    billedVerdict: toVerdict(entry.billed),
    actor: actors[entry.fault],
    causes: reasonsOf(code).map(([reason, { when, fix }]) => ({ reason, when, fix })),
    example: toExample(code, publicUrl),
    className: errorClassName(code),
    failsLater: canFailLater(code),
    handler: handlerSnippet(code),
    directive: `[[${code}]]`,
    reproduce: reproduce(code, publicUrl),
    // Every operation can answer server_error; a list of all of them would say nothing.
    answeredBy:
      code === 'server_error'
        ? []
        : operationRows.filter((row) => errorCodesOf(row).includes(code)),
    ...neighbours(code),
  }
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`
}

/** The catalog's advice begins with a short clause that ends at the first full stop or comma. */
function toVerdict(advice: string): Verdict {
  const [, answer = '', detail = ''] = /^(\w+)[.,]\s*(.*)$/s.exec(advice) ?? []
  if (answer === '') return { answer: advice, detail: '' }
  return { answer, detail: detail.charAt(0).toUpperCase() + detail.slice(1) }
}

function toExample(code: ErrorCode, publicUrl: string) {
  const { request, response } = examples[code]
  const headers = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}`)
  return {
    request: curl({ publicUrl, ...request }),
    head: [statusLine(response.status), 'Content-Type: application/json', ...headers].join('\n'),
    body: prettyJson(response.body).replaceAll(recordedUrl, publicUrl),
  }
}

function reproduce(code: ErrorCode, publicUrl: string): string {
  const prompt = `A fox in the snow at dawn [[${code}]]`
  return curl({
    publicUrl,
    method: 'POST',
    path: '/v2/images/generations',
    headers: {
      Authorization: 'Bearer $FILMGATE_API_KEY',
      'Content-Type': 'application/json',
    },
    body: { model: 'sandbox-image', prompt },
  })
}

function neighbours(code: ErrorCode) {
  const index = errorCodes.indexOf(code)
  return { previous: errorCodes[index - 1], next: errorCodes[index + 1] }
}
