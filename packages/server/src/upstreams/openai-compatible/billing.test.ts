import { expect, test } from 'vitest'
import { mayBill } from './billing.ts'

const credential = { name: 'KEY', secret: 'secret' }

test.each([
  ['https://api.openai.com/v1', true],
  ['https://images.example.com:8443/v1', true],
  ['http://203.0.113.9:8080/v1', false],
  ['http://8.8.8.8/v1', true],
  ['http://127.0.0.1:8080/v1', false],
  ['http://192.168.1.20/v1', false],
  ['http://100.64.0.9/v1', false],
  ['http://[::1]:8080/v1', false],
  ['http://[::ffff:10.0.0.1]/v1', false],
  ['http://[2606:4700::1]/v1', true],
  ['http://localhost:8080/v1', false],
  ['http://gpu-1:8080/v1', false],
  ['http://gpu.studio.internal/v1', false],
  ['http://gpu.local./v1', false],
  ['https://notlocal.com/v1', true],
])('with a key, %s may bill: %s', (baseUrl, expected) => {
  expect(mayBill({ baseUrl, credential })).toBe(expected)
  expect(mayBill({ baseUrl, credential: undefined })).toBe(false)
})
