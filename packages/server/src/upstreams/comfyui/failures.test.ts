import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { UpstreamFailure } from '../upstream.ts'
import { endRows } from './endings.ts'
import { answerRows, classifyAnswer } from './failures.ts'
import { toVerdict } from './verdict.ts'

type Expected = Pick<UpstreamFailure, 'kind' | 'job' | 'note' | 'field'>

interface AnswerFixture {
  status: number
  headers: Record<string, string>
  body: unknown
  isCut?: boolean
  /** The client's field by node and input. */
  fields?: Record<string, string>
  upload?: string
  expect: Expected
}

interface EndFixture {
  entry: Record<string, unknown>
  expect: Expected
}

// Named after their row, with more behind a hyphen.
function readFixtures(folder: string): { name: string; row: string; fixture: unknown }[] {
  const path = fileURLToPath(new URL(`./fixtures/${folder}/`, import.meta.url))
  return readdirSync(path).map((file) => {
    const name = file.replace('.json', '')
    const fixture: unknown = JSON.parse(readFileSync(`${path}/${file}`, 'utf8'))
    return { name, row: name.replace(/-.*/, ''), fixture }
  })
}

const answers = readFixtures('answers')
const endings = readFixtures('endings')

test('every row of answers and endings has a fixture, and every fixture its row', () => {
  expect(new Set(answers.map(({ row }) => row))).toEqual(new Set(answerRows.map(nameOf)))
  expect(new Set(endings.map(({ row }) => row))).toEqual(new Set(endRows.map(nameOf)))
})

test.each(answers)('the answer $name is told in its own words', ({ fixture: read }) => {
  // Written as the type says.
  const fixture = read as AnswerFixture
  const { status, body, isCut = false, fields = {}, upload } = fixture
  const isText = typeof body === 'string'
  const failure = classifyAnswer(
    {
      status,
      text: isText ? body : JSON.stringify(body),
      json: isText ? undefined : body,
      isCut,
    },
    {
      fieldOf: (node, input) => fields[`${node}.${input}`],
      ...(upload === undefined ? {} : { upload }),
    },
  )
  expect(failure).toEqual({ ...fixture.expect, billed: 'no', httpStatus: status })
})

test.each(endings)('the ending $name is told in its own words', ({ fixture: read }) => {
  // Written as the type says.
  const fixture = read as EndFixture
  const failure = { ...fixture.expect, billed: 'no' }
  expect(toVerdict(fixture.entry)).toEqual({ kind: 'failed', failure })
})

function nameOf({ name }: { name: string }): string {
  return name
}
