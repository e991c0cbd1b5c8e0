import { expect, test } from 'vitest'
import { createFilmgate, type FilmgateProvider } from '../../packages/ai-sdk-provider/src/index.ts'
import { answer, completedBody, errorBody, type RawServer } from '../client/support/raw-server.ts'
import { listening } from '../client/support/scripted.ts'

type ImageCall = Parameters<ReturnType<FilmgateProvider['image']>['doGenerate']>[0]
type VideoCall = Parameters<ReturnType<FilmgateProvider['video']>['doGenerate']>[0]

/** A server that answers everything but files with this, and a provider of it. */
async function start(
  status: number,
  body: (baseURL: string) => unknown,
): Promise<{ server: RawServer; provider: FilmgateProvider }> {
  const server = await listening((socket, { line }) =>
    line.startsWith('GET /file')
      ? answer(socket, 200, 'the file', { 'Content-Type': 'image/png' })
      : answer(socket, status, body(server.baseURL), { 'X-Billed': 'true', 'X-Request-Id': 'r1' }),
  )
  return { server, provider: createFilmgate({ apiKey: 'sk_test_x', baseURL: server.baseURL }) }
}

const fox: ImageCall = {
  prompt: 'A fox',
  n: 1,
  size: undefined,
  aspectRatio: undefined,
  seed: undefined,
  files: undefined,
  mask: undefined,
  providerOptions: {},
}

/** What no field of an answer is, and what cannot be turned into text. */
const strange = { toString: 0 }

test('a picture that was paid for comes, whatever its other fields are', async () => {
  const output = { id: 'other', cost: -5, billed: false, request_id: 'other', deletes_at: 'later' }
  const { provider } = await start(200, (baseURL) => ({
    ...(completedBody('gen_1') as object),
    model: strange,
    data: [{ ...output, url: `${baseURL}/file`, width: strange, height: 1, mime_type: strange }],
  }))
  const result = await provider.image('m').doGenerate({ ...fox, size: '1024x576' })
  expect(result.images).toEqual([new TextEncoder().encode('the file')])
  expect(result.warnings).toEqual([])
  expect(result.response.modelId).toBe('m')
  expect(result.providerMetadata.filmgate.images).toEqual([
    expect.objectContaining({
      id: 'gen_1',
      cost: 0.04,
      billed: true,
      request_id: 'r1',
      deletes_at: 'later',
    }),
  ])
})

test('a picture whose link is none is an error that names it', async () => {
  const { provider } = await start(200, () => ({
    ...(completedBody('gen_1') as object),
    data: [{ url: strange }],
  }))
  await expect(provider.image('m').doGenerate(fox)).rejects.toMatchObject({
    name: 'AI_APICallError',
    url: '',
    data: { code: 'wait_interrupted', generationId: 'gen_1', billed: true },
  })
})

test.each([
  [strange, 'The film failed (server_error, generation gen_1)'],
  [['x'], 'The film failed (server_error, generation gen_1)'],
  ['text', 'text (text, generation gen_1)'],
])('a failed film whose words are %j is a status', async (words, error) => {
  const failure = { code: words, message: words, param: words, doc_url: words }
  const { provider } = await start(200, () => ({ id: 'gen_1', status: 'failed', error: failure }))
  const status = await provider.video('m').doStatus({ operation: { id: 'gen_1' } })
  expect(status).toMatchObject({ status: 'error', error })
  expect(status.providerMetadata?.['filmgate']).toEqual({
    id: 'gen_1',
    billed: true,
    ...(words === 'text' && failure),
  })
})

test('the words of a failed film are on one line, steer no terminal, and end', async () => {
  const message = `\u001b[2Jone\ntwo ${'x'.repeat(100_000)}`
  const failure = { code: 'server_error', message }
  const { provider } = await start(200, () => ({ id: 'gen_1', status: 'failed', error: failure }))
  const { error = '' } = (await provider.video('m').doStatus({ operation: { id: 'gen_1' } })) as {
    error?: string
  }
  expect(error).toMatch(/one two x+ /)
  expect(error).not.toMatch(/\p{Cc}/u)
  expect(error.length).toBeLessThan(3_000)
})

test.each(['data:', 'DATA:'])('an error holds no bytes of an image at %s', async (scheme) => {
  const { provider } = await start(400, () => errorBody('invalid_parameter'))
  const url = `${scheme}image/png;base64,${'A'.repeat(100_000)}`
  const call = provider
    .image('m')
    .doGenerate({ ...fox, providerOptions: { filmgate: { images: [{ url }] } } })
  await expect(call).rejects.toMatchObject({
    requestBodyValues: {
      images: [{ url: expect.stringMatching(/^data:.{30,50} characters\)$/i) }],
    },
  })
})

test.each([
  ['a local file', new URL('file:///etc/hostname')],
  ['a web address', new URL('https://example.com/fox.png')],
  ['a list of bytes', [1, 2]],
  ['nothing', undefined],
])('%s in the place of bytes is refused, and nothing is sent', async (_name, data) => {
  const { server, provider } = await start(400, () => errorBody('invalid_parameter'))
  // What a program without types can do.
  const file = { type: 'file' as const, mediaType: 'image/png', data: data as never }
  const film = { ...fox, n: 1, image: file } as unknown as VideoCall
  for (const call of [
    provider.image('m').doGenerate({ ...fox, files: [file] }),
    provider.video('m').doGenerate(film),
  ]) {
    await expect(call).rejects.toMatchObject({ name: 'AI_InvalidArgumentError' })
  }
  expect(server.requests).toEqual([])
})
