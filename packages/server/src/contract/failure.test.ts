import { expect, test } from 'vitest'
import { fail, Failure } from './failure.ts'

const known = fail('server_error', 'upstream_failed', {
  message: 'The model failed.',
  retryAfterMs: 20_000,
})

test('a failure that was kept asks for what is left of its wait', () => {
  const record = JSON.parse(JSON.stringify(known.toRecord()))
  expect(Failure.fromRecord(record, 5000).retryAfterMs).toBe(15_000)
  expect(Failure.fromRecord(record, 0)).toMatchObject({ ...known.toRecord(), retryAfterMs: 20_000 })
})

test('a failure that is older than its wait asks for none', () => {
  expect(Failure.fromRecord(known.toRecord(), 20_000).retryAfterMs).toBeUndefined()
  expect(Failure.fromRecord(known.toRecord(), 86_400_000).retryAfterMs).toBeUndefined()
})

test('a failure that was kept without a wait asks for none, whatever the clock says', () => {
  const { retryAfterMs: _wait, ...record } = known.toRecord()
  expect(Failure.fromRecord(record, -3_600_000).retryAfterMs).toBeUndefined()
})
