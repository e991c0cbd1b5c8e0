import { expect, onTestFinished, test } from 'vitest'
import type { GenerateOptions, Logger } from '../../packages/client/src/index.ts'
import { answer, completedBody, errorBody, type Script } from './support/raw-server.ts'
import { scripted } from './support/scripted.ts'

const id = 'gen_0198c6a2f4b07c3e9a51d2e6b8f01234'
const params = { model: 'm', prompt: 'a fox runs' }

/** A film that is accepted, fails to be read once, and is finished. */
const film: Script = (socket, { line }, count) => {
  if (line.startsWith('POST')) answer(socket, 202, { id, status: 'pending' })
  else if (count === 2) answer(socket, 500, errorBody('server_error'))
  else answer(socket, 200, completedBody(id))
}

/** Collects what would end a process. */
function unhandled(): unknown[] {
  const seen: unknown[] = []
  const note = (reason: unknown): void => void seen.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return seen
}

const oops = (): never => {
  throw new Error('a bug in the page')
}
const oopsLater = async (): Promise<never> => oops()

const bad: [string, GenerateOptions, Logger][] = [
  ['callbacks that throw', { onProgress: oops, onRetry: oops, onAccepted: oops }, {}],
  [
    'async callbacks that reject',
    { onProgress: oopsLater, onRetry: oopsLater, onAccepted: oopsLater },
    {},
  ],
  ['a logger that throws', {}, { debug: oops, info: oops, warn: oops }],
  ['an async logger that rejects', {}, { debug: oopsLater, info: oopsLater, warn: oopsLater }],
  ['both', { onProgress: oopsLater, onRetry: oops }, { warn: oops }],
]

test.each(bad)('%s cost nobody a film, and end no process', async (_, options, logger) => {
  const reasons = unhandled()
  const { client, lines } = await scripted(film, { logger })
  expect((await client.videos.generate(params, options)).id).toBe(id)
  expect(lines()).toHaveLength(3)
  // Rejections are reported when the microtasks are done, before the next turn of the loop.
  await new Promise((resolve) => setImmediate(resolve))
  expect(reasons).toEqual([])
})

test('what a callback threw is logged', async () => {
  const lines: string[] = []
  const { client } = await scripted(film, { logger: { warn: (line) => lines.push(line) } })
  await client.videos.generate(params, { onProgress: oopsLater })
  expect(lines).toContain('filmgate: a callback threw')
})

test('a callback that never ends holds nothing up', async () => {
  const { client } = await scripted(film)
  const never = (): Promise<void> => new Promise(() => {})
  expect((await client.videos.generate(params, { onProgress: never })).id).toBe(id)
})

test('an accepted film is told of once, with id and key, before it is waited for', async () => {
  const events: unknown[] = []
  const { client } = await scripted(film)
  await client.videos.generate(params, {
    idempotencyKey: 'order-7',
    onAccepted: (accepted) => events.push(accepted),
    onProgress: ({ state }) => events.push(state),
  })
  expect(events).toEqual([
    { generationId: id, idempotencyKey: 'order-7', type: 'video' },
    'pending',
    'completed',
  ])
})

test('the id comes ahead of the film', async () => {
  let look = (): void => {}
  const looked = new Promise<void>((resolve) => (look = resolve))
  const { client } = await scripted((socket, { line }) => {
    if (line.startsWith('POST')) answer(socket, 202, { id, status: 'pending' })
    // The film is finished only when its id was seen.
    else void looked.then(() => answer(socket, 200, completedBody(id)))
  })
  const film = client.videos.generate(params)
  expect(await film.id).toBe(id)
  look()
  expect((await film).status).toBe('completed')
})

test('no id comes where nothing was accepted, and nobody has to look', async () => {
  const reasons = unhandled()
  const { client } = await scripted((socket) => answer(socket, 402, errorBody('quota_exceeded')))
  const refused = client.images.generate(params)
  await expect(refused.id).rejects.toMatchObject({ code: 'quota_exceeded' })
  await expect(refused).rejects.toMatchObject({ code: 'quota_exceeded' })
  const unread = client.images.generate(params)
  await expect(unread).rejects.toMatchObject({ code: 'quota_exceeded' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(reasons).toEqual([])
})
