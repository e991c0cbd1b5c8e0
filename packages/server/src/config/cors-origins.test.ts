import { expect, test } from 'vitest'
import { StartupError } from '../storage/startup-error.ts'
import { parseCorsOrigins } from './cors-origins.ts'

test('origins as browsers send them are taken as they are', () => {
  const list = ['https://app.example.com', 'http://localhost:5173', 'capacitor://localhost']
  expect(parseCorsOrigins(list, 'cors_origins')).toEqual(list)
  expect(parseCorsOrigins('*', 'cors_origins')).toBe('*')
  expect(parseCorsOrigins([], 'cors_origins')).toEqual([])
})

test.each([
  ['https://app.example.com/', 'such as https://app.example.com,'],
  ['https://App.example.com', 'such as https://app.example.com,'],
  ['https://app.example.com:443', 'such as https://app.example.com,'],
  ['https://app.example.com/path', 'such as https://app.example.com,'],
  ['app.example.com', 'such as https://app.example.com,'],
  ['null', 'such as https://app.example.com,'],
  ['*', 'without a list'],
])('%s, which would never match, is refused with the nearest that would', (entry, says) => {
  expect(() => parseCorsOrigins([entry], 'cors_origins')).toThrow(StartupError)
  expect(() => parseCorsOrigins([entry], 'cors_origins')).toThrow(says)
})

test('one origin that is no list is refused with the list that it should be', () => {
  const parse = () => parseCorsOrigins('https://app.example.com', 'cors_origins')
  expect(parse).toThrow('cors_origins must be "*" or a list, such as ["https://app.example.com"].')
})
