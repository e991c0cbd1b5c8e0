import { expect, test } from 'vitest'
import { redact, type Hidden } from './redact.ts'

const secret = 'local-Zx81pQ7w-0aF3'
const prompt = 'A fox in the snow, drawn by a child, with a red scarf and\ntwo very blue eyes'

const rows: [what: string, text: string, note: string, hidden?: Hidden][] = [
  ['plain words', 'job queue is full', 'job queue is full'],
  ['the key itself', `bad key ${secret}!`, 'bad key [key]!', { secret }],
  ['part of the key', `bad key ${secret.slice(0, 12)}...`, 'bad key [key]...', { secret }],
  ['the key in an address', 'at /x?k=a%2Fb%2Fcdefgh', 'at /x?k=[key]', { secret: 'a/b/cdefgh' }],
  ['the prompt', `no: ${prompt}.`, 'no: [prompt].', { prompt }],
  ['part of it', 'refused "with a red scarf and two very"', 'refused "[prompt]"', { prompt }],
  ['a short prompt', 'cannot draw a cat', 'cannot draw [prompt]', { prompt: 'a cat' }],
  ['a word of a prompt', 'no scarf allowed', 'no scarf allowed', { prompt }],
  [
    'a signed address',
    'see https://cdn.example.com/a/b.png?X-Amz-Signature=abc&x=1.',
    'see https://cdn.example.com/a/b.png',
  ],
  ['a name and password', 'http://me:p@ss@10.0.0.1:8188/x failed', 'http://10.0.0.1:8188/x failed'],
  [
    'a masked key',
    'Incorrect API key provided: sk-proj-ab***9xyz. See',
    'Incorrect API key provided: [key]. See',
  ],
  ['a header', 'Authorization: Bearer abcdef', 'Authorization: [key]'],
  ['a bearer', 'got "Bearer a1b2c3d4e5"', 'got "Bearer [key]"'],
  ['a field', '{"api_key": "abc", "n": 1}', '{"api_key": "[key]", "n": 1}'],
  ['a token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here', '[key] here'],
  ['an unknown key', 'with 0f8e2c7ab19d4e35aa10bc5577de9912', 'with [key]'],
  ['a model', 'gpt-image-1-mini-2026-04-21 is gone', 'gpt-image-1-mini-2026-04-21 is gone'],
  [
    'ids',
    'req_0f8e2c7ab19d4e35aa10bc5577de9912 of 0198c6a2-f4b0-7c3e-9a51-d2e6b8f01234',
    'req_0f8e2c7ab19d4e35aa10bc5577de9912 of 0198c6a2-f4b0-7c3e-9a51-d2e6b8f01234',
  ],
  ['a folder', "No such file: '/srv/comfy/models/flux.st'", "No such file: '…/flux.st'"],
  ['a folder of Windows', 'C:\\AI\\ComfyUI\\x.py line 3', '…\\x.py line 3'],
  ['a picture', 'bad data:image/png;base64,iVBORw0KGgo= here', 'bad [data] here'],
  ['lines and controls', 'a\u0000b\r\n\tc\u2028d\u202Ee', 'a b c d e'],
]

test.each(rows)('a note tells %s', (_, text, note, hidden) => {
  expect(redact(text, hidden)).toBe(note)
})

test('a note is short however long the text, and ends in no half key', () => {
  expect([...redact('é '.repeat(100_000))]).toHaveLength(301)
  const pictures = `data:image/png;base64,${'A'.repeat(3950)} `
  for (let length = 0; length < secret.length; length += 1) {
    const text = `${pictures}${'x'.repeat(length)} ${secret} and more of it`.padEnd(5000, '!')
    expect(redact(text, { secret })).not.toContain('Zx81')
  }
})

test('a hostile text costs little', () => {
  for (const text of [
    '/a'.repeat(50_000),
    'a:'.repeat(50_000),
    'data:;'.repeat(20_000),
    prompt.repeat(2000),
  ]) {
    expect(redact(text, { secret, prompt }).length).toBeLessThan(310)
  }
})
