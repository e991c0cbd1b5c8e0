import type { Exchange } from './answer.ts'
import { notify, type Call, type Callback } from './call.ts'
import { ConnectionError, failureOfWait, NotFoundError, toError } from './errors.ts'
import { checkId, failedError, isStateOf, pathOf, toGeneration } from './generation.ts'
import type { CompletedGeneration, Generation, GenerationType } from './generation.ts'
import type { PendingGeneration } from './generated/types.ts'
import { retryAfterMs, seconds, sleep } from './retry.ts'
import { send, type Hold, type Request } from './send.ts'

// A held answer stays below the 30 s after which common proxies cut a silent connection. Somebody
// who watches the progress wants news more often than that.
const holdSeconds = 25
const watchedHoldSeconds = 1

const firstPollMs = 1_000
const longestPollMs = 10_000
// However little a server asks for: it is not asked more often than that.
const shortestPollMs = 500
// However much it asks for: a film may be finished long before.
const longestHintMs = 60_000
// Kept free at the end of the time for a last look.
const lastLookMs = 1_000
// A server that knew the generation and now does not may be one of several, a moment behind.
const unknownInARow = 3

/** News of a generation that somebody waits for. */
export interface Progress {
  generationId: string
  state: Generation['status']
  /** Milliseconds since the call began. */
  elapsedMs: number
  /** Share of the work done, 0-1, where the server tells. */
  progress?: number
  /** Jobs ahead of this one, where the server tells. */
  queuePosition?: number
}

/** Somebody to tell of progress. */
export type Watcher = Callback<Progress>

/** How the next read goes out. */
interface Pace {
  hold: Hold
  pollMs: number
  isLastLook: boolean
}

/**
 * Takes an answer about a generation and waits until the generation has ended. Throws the error of
 * its code when it ended as failed, and a WaitInterruptedError whatever else happens.
 */
export async function finished<T extends CompletedGeneration>(
  call: Call,
  type: GenerationType,
  first: Exchange<Generation>,
  watch: Watcher,
): Promise<Exchange<T>> {
  const { id } = first.data
  return orInterrupted(call, id, async () => {
    const pace: Pace = {
      hold: { seconds: watch ? watchedHoldSeconds : holdSeconds },
      pollMs: firstPollMs,
      isLastLook: false,
    }
    // The first read goes out at once: a server that can hold its answer need not be left alone first.
    let answer = first
    let pauseMs = 0
    for (;;) {
      report(call, answer.data, watch)
      if (answer.data.status === 'failed') throw failedError(answer, answer.data)
      // The kind asked for is the kind that comes: the path names it.
      if (answer.data.status === 'completed') return answer as Exchange<unknown> as Exchange<T>
      await rest(call, pace, pauseMs)
      const next = await look(call, type, id, pace)
      answer = next.answer
      pauseMs = next.didHold ? 0 : pauseAfter(call, answer, pace)
    }
  })
}

/** Reads a generation, and waits until it has ended if it has not. Without a type it finds out which it is. */
export async function resume(
  call: Call,
  type: GenerationType | undefined,
  id: string,
  watch: Watcher,
): Promise<Exchange<CompletedGeneration>> {
  checkId(id)
  const found = await find(call, type, id).catch((error: unknown) => {
    // That the server does not know it is an answer.
    throw error instanceof NotFoundError ? error : failureOfWait(error, id)
  })
  return finished(call, found.type, found.answer, watch)
}

async function find(
  call: Call,
  type: GenerationType | undefined,
  id: string,
): Promise<{ type: GenerationType; answer: Exchange<Generation> }> {
  if (type) return { type, answer: await read(call, type, id) }
  try {
    return { type: 'video', answer: await read(call, 'video', id) }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    const answer = await read(call, 'image', id).catch((second: unknown) => {
      // A server without image generations of their own has no such route, and answers anything.
      // That the id is unknown is the truth either way.
      throw second instanceof ConnectionError && second.status ? error : second
    })
    return { type: 'image', answer }
  }
}

/** Does a part of the waiting. What ends it without the outcome says that the generation goes on. */
export async function orInterrupted<T>(call: Call, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw failureOfWait(error, id, call.idempotencyKey)
  }
}

/** Reads the state of a generation once; the read is repeated as long as the call allows. */
export async function read(
  call: Call,
  type: GenerationType,
  id: string,
  hold: Hold = { seconds: 0 },
): Promise<Exchange<Generation>> {
  const request: Request = {
    method: 'GET',
    path: pathOf(type, id),
    generationId: id,
    hold,
    isExpected: isStateOf(id),
  }
  // Reads cost nothing and change nothing, so only time limits how often they are repeated.
  return toGeneration(await send({ ...call, maxRetries: Infinity }, request))
}

async function look(
  call: Call,
  type: GenerationType,
  id: string,
  pace: Pace,
): Promise<{ answer: Exchange<Generation>; didHold: boolean }> {
  const { clock } = call.settings
  for (let unknown = 1; ; unknown++) {
    const askedAt = clock.now()
    // An answer that is held must come before the time is over, or it is lost.
    const leftMs = call.endsAt - askedAt - lastLookMs
    const hold = { seconds: Math.max(0, Math.min(pace.hold.seconds, Math.floor(leftMs / 1_000))) }
    const asked = hold.seconds
    try {
      const answer = await read(call, type, id, hold)
      if (hold.seconds < asked) pace.hold = hold
      // Time that was lost on broken reads was no waiting.
      const didHold =
        answer.attempts === 1 && asked > 0 && clock.now() - askedAt >= asked * 1_000 - 50
      return { answer, didHold }
    } catch (error) {
      if (!(error instanceof NotFoundError) || unknown === unknownInARow) throw error
      await rest(call, pace, pace.pollMs)
    }
  }
}

// A server that held the answer has done the waiting. One that answered at once is asked again
// when it says, or else ever less often.
function pauseAfter(call: Call, answer: Exchange<Generation>, pace: Pace): number {
  const asked = retryAfterMs(answer.headers)
  const usual = pace.pollMs * (0.8 + 0.4 * call.settings.clock.random())
  pace.pollMs = Math.min(longestPollMs, pace.pollMs * 1.5)
  return Math.min(longestHintMs, Math.max(shortestPollMs, asked ?? usual))
}

async function rest(call: Call, pace: Pace, ms: number): Promise<void> {
  const { clock } = call.settings
  const leftMs = call.endsAt - clock.now()
  // The end of the time is told here, for another request could only say that nobody answered.
  if (pace.isLastLook || leftMs <= 0) {
    const message = `The generation did not end within ${seconds(call.timeout)} (timeout).`
    throw toError({ code: 'timeout', message, retryable: true }, 1)
  }
  const untilLastLookMs = leftMs - Math.min(lastLookMs, leftMs / 4)
  pace.isLastLook = ms >= untilLastLookMs
  // An abort is noticed by the next request.
  if (ms > 0) await sleep(clock, Math.min(ms, untilLastLookMs), call.signal)
}

function report(call: Call, generation: Generation, watch: Watcher): void {
  const { id, status } = generation
  const elapsedMs = Math.round(call.settings.clock.now() - call.startedAt)
  const known: Partial<PendingGeneration> = generation.status === 'pending' ? generation : {}
  const { progress = status === 'completed' ? 1 : undefined, queue_position: queuePosition } = known
  notify(call, watch, {
    generationId: id,
    state: status,
    elapsedMs,
    ...(progress !== undefined && { progress }),
    ...(queuePosition !== undefined && { queuePosition }),
  })
}
