import { expect, test } from 'vitest'
import { errorCodes } from '../../contract/errors.ts'
import { parseDirectives, upstreamFaults, withoutDirectives } from './directives.ts'

const rows: [string, object[]][] = [
  ['a red fox', []],
  ['a [single] bracket', []],
  ['[[delay]]', [{ kind: 'delay', ms: 1000 }]],
  ['[[delay ms=0]]', [{ kind: 'delay', ms: 0 }]],
  ['a [[ stall ]] fox', [{ kind: 'stall' }]],
  ['[[expired]]', [{ kind: 'expired' }]],
  ['[[upstream 503]]', [{ kind: 'upstream', fault: '503', times: 1 }]],
  ['[[upstream lost times=100]]', [{ kind: 'upstream', fault: 'lost', times: 100 }]],
  [
    '[[rate_limit retry_after=60]]',
    [{ kind: 'code', code: 'rate_limit', retryAfter: 60, atSubmit: false }],
  ],
  [
    '[[server_error at=submit times=2]]',
    [{ kind: 'code', code: 'server_error', times: 2, atSubmit: true }],
  ],
  ['[[stall]] then [[delay ms=5]]', [{ kind: 'stall' }, { kind: 'delay', ms: 5 }]],
]
test.each(rows)('%s is understood', (prompt, expected) => {
  expect(parseDirectives(prompt)).toEqual(expected)
})

test('every code and every fault of an upstream has a directive', () => {
  for (const code of errorCodes) {
    expect(parseDirectives(`[[${code}]]`)).toEqual([{ kind: 'code', code, atSubmit: false }])
  }
  for (const fault of Object.keys(upstreamFaults)) {
    expect(parseDirectives(`[[upstream ${fault}]]`)).toEqual([
      { kind: 'upstream', fault, times: 1 },
    ])
  }
})

test.each([
  '[[ ]]',
  '[[slow]]',
  '[[Stall]]',
  '[[delay ms=fast]]',
  '[[delay ms=-1]]',
  '[[delay ms=3600001]]',
  '[[delay seconds=1]]',
  '[[delay 500]]',
  '[[stall ms=1]]',
  '[[upstream]]',
  '[[upstream 418]]',
  '[[upstream 503 429]]',
  '[[upstream 503 times=0]]',
  '[[upstream toString]]',
  '[[constructor]]',
  '[[server_error at=poll]]',
  '[[server_error retry_after=3]]',
  '[[rate_limit retry_after=61]]',
])('%s is refused, because a test that tests nothing is worse', (prompt) => {
  expect(() => parseDirectives(prompt)).toThrow(
    expect.objectContaining({ code: 'invalid_parameter', param: 'prompt' }),
  )
})

test('the picture follows the prompt without its directives', () => {
  expect(withoutDirectives('[[stall]] a  red [[delay ms=5]] fox ')).toBe('a red fox')
  expect(withoutDirectives('[[stall]]')).toBe('')
})
