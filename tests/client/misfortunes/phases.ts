import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { completedBody, errorBody } from '../support/raw-server.ts'
import type { WireRequest } from '../support/wire-server.ts'
import { film, id, reply } from './world.ts'
import type { CallOptions, Phase, Reply, Target, World } from './world.ts'

const params = { model: 'm', prompt: 'a fox' }
// Its id comes last, so that half of it does not hold one.
const pending = { status: 'pending', id }
const accepted = reply(202, pending, { 'X-Generation-Id': id })
const completed = reply(200, completedBody(id))

const submit: Phase['call'] = ({ client }, options) => client.videos.generate(params, options)

/** Strikes the POST, which is accepted where it is not struck. Whatever is read afterwards is answered well. */
function submitting(good: Reply): Pick<Phase, 'call' | 'route' | 'isStruckFirst'> {
  return {
    isStruckFirst: true,
    call: submit,
    route: ({ method }) =>
      method === 'POST'
        ? { good, well: accepted, isStruck: true }
        : { good: completed, isStruck: false },
  }
}

/** Seconds that a read asks to be held. */
function holdOf({ headers }: WireRequest): number {
  return Number(/wait=(\d+)/.exec(headers.get('prefer') ?? '')?.[1] ?? 0)
}

function unheld({ seen }: World): number {
  return seen.filter((request) => request.method === 'GET' && holdOf(request) === 0).length
}

/** Strikes the request for the file. What the call gives is the text that has arrived. */
function saving(
  save: (world: World, options: CallOptions, target: Target) => Promise<unknown>,
): Pick<Phase, 'call' | 'route' | 'isStruckFirst'> {
  return {
    isStruckFirst: true,
    call: async (world, options, { target }) => save(world, options, await target?.(world)),
    route: ({ path }) => ({
      good: reply(200, film, { 'Content-Type': 'video/mp4', ETag: '"a"' }),
      isStruck: path === linkPath,
    }),
  }
}

const linkPath = '/fox.mp4'

const intoMemory = saving(async ({ client }, options) =>
  (await client.download(`${client.baseURL}${linkPath}`, undefined, options)).text(),
)

const intoFile = saving(async ({ client, folder }, options, target) => {
  const path = typeof target === 'string' ? target : join(folder, 'fox.mp4')
  await client.download(`${client.baseURL}${linkPath}`, path, options)
  return readFile(path, 'utf8')
})

const intoStream = saving(async ({ client }, options, target) => {
  const decoder = new TextDecoder()
  let text = ''
  const collecting = new WritableStream<Uint8Array>({
    write: (chunk) => void (text += decoder.decode(chunk, { stream: true })),
  })
  const stream = target instanceof WritableStream ? target : collecting
  await client.download(`${client.baseURL}${linkPath}`, stream, options)
  return text
})

/** The parts of a call's life, in the order in which they come. */
export const phases = {
  head: {
    title: 'Submitting, before the headers of the answer have come',
    words:
      '`images.generate`, `videos.generate`, `create` and `quote`. Whether it was accepted may be unknown; then the message names the idempotency key.',
    ...submitting(accepted),
  },
  bodyWithId: {
    title: 'Submitting, when a good status and `X-Generation-Id` have come',
    words: 'It was accepted. It is never submitted again; what was not said is read.',
    ...submitting(accepted),
  },
  bodyWithoutId: {
    title: 'Submitting, when a good status has come, but no `X-Generation-Id`',
    words:
      'It was accepted, and nobody but the server knows under which id. It is never submitted again; the message names the idempotency key.',
    ...submitting(reply(202, pending)),
  },
  bodyOfRefusal: {
    title: 'Submitting, when the status of a refusal has come: 422',
    words: 'The status decides. What is lost with the body is the message.',
    ...submitting(reply(422, errorBody('content_policy_violation'))),
    // Less than what the words of a refusal are waited for.
    timeout: 4_000,
  },
  bodyOfLimit: {
    title: 'Submitting, when the status of a refusal has come: 429 with `Retry-After: 30`',
    words: 'As above.',
    ...submitting(reply(429, errorBody('rate_limit'), { 'Retry-After': '30' })),
  },
  bodyOfError: {
    title: 'Submitting, when the status of a refusal has come: 500 with `X-Should-Retry: false`',
    words: 'As above.',
    ...submitting(reply(500, errorBody('server_error'), { 'X-Should-Retry': 'false' })),
  },
  plainPoll: {
    title: 'Waiting, while the server answers reads at once',
    words:
      '`videos.generate`, and `images.generate` where the server answers before the image is finished.',
    call: submit,
    route(request, world) {
      if (request.method === 'POST') return { good: accepted, isStruck: false }
      // Holds are cut off until the client asks for none.
      if (holdOf(request) > 0) return { isStruck: false }
      const isFirst = unheld(world) === 1
      const good = isFirst ? reply(200, pending) : completed
      return { good, isStruck: !isFirst, isLastBefore: isFirst }
    },
  },
  heldPoll: {
    title: 'Waiting, while the server holds a read',
    words: 'The same calls, 10 seconds into a read that the server holds until there is news.',
    call: submit,
    route(request) {
      if (request.method === 'POST') return { good: accepted, isStruck: false, isLastBefore: true }
      const heldMs = Math.min(10, holdOf(request)) * 1_000
      return { good: completed, isStruck: true, heldMs }
    },
  },
  firstRead: {
    title: 'The first read of `generations.wait(id)`',
    words: 'Whether there is such a generation is not known yet.',
    call: ({ client }, options) => client.generations.wait(id, { type: 'video', ...options }),
    isStruckFirst: true,
    route: () => ({ good: completed, isStruck: true }),
  },
  download: {
    title: 'Downloading into memory',
    words:
      '`download(source)` gives a `Blob`. Where nothing else is said the server knows no ranges.',
    ...intoMemory,
  },
  file: {
    title: 'Downloading into a file',
    words:
      '`download(source, path)`. What the server does is as above; nothing half is ever left, but for a hidden `.part` file beside the target where the program itself is killed.',
    ...intoFile,
  },
  stream: {
    title: 'Downloading into a `WritableStream`',
    words: '`download(source, stream)`. What the server does is as above; the stream is aborted.',
    ...intoStream,
  },
} satisfies Record<string, Phase>

/** The name of one. */
export type PhaseName = keyof typeof phases
