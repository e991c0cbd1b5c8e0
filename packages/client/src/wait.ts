import type { Exchange } from './answer.ts'
import { notify, type Call, type Callback } from './call.ts'
import { ConnectionError, failureOfWait, NotFoundError, toError } from './errors.ts'
import { checkId, isStateOf, pathOf } from './generation.ts'
import type { CompletedGeneration, Generation, GenerationType } from './generation.ts'
import type { PendingGeneration } from './generated/types.ts'
import { failedError, toGeneration } from './outcome.ts'
import { retryAfterMs, seconds, pause } from './retry.ts'
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

/** An answer about a generation, and how long to leave the server alone before the next read. */
interface Look {
  answer: Exchange<Generation>
  pauseMs: number
}

const newPace = (watch: Watcher): Pace => ({
  hold: { seconds: watch ? watchedHoldSeconds : holdSeconds },
  pollMs: firstPollMs,
  isLastLook: false,
})

/**
 * Takes the answer to a submission and waits until the generation has ended. Throws the error of its
 * code when it ended as failed, and a WaitInterruptedError whatever else happens.
 */
export async function finished(
  call: Call,
  type: GenerationType,
  first: Exchange<Generation>,
  watch: Watcher,
): Promise<Exchange<CompletedGeneration>> {
  // The first read goes out at once: a server that can hold its answer need not be left alone first.
  return ended(call, type, { answer: first, pauseMs: 0 }, newPace(watch), watch)
}

/** Waits for a generation that was accepted, though the answer that said so did not come whole. */
export async function recovered(
  call: Call,
  type: GenerationType,
  id: string,
  watch: Watcher,
): Promise<Exchange<CompletedGeneration>> {
  const pace = newPace(watch)
  const found = await orInterrupted(call, id, () => look(call, type, id, pace))
  return ended(call, type, found, pace, watch)
}

/** Reads the state of such a generation, without waiting for its end. */
export async function stateOf(
  call: Call,
  type: GenerationType,
  id: string,
): Promise<Exchange<Generation>> {
  const pace = { ...newPace(undefined), hold: { seconds: 0 } }
  return (await orInterrupted(call, id, () => look(call, type, id, pace))).answer
}

/** Reads a generation, and waits until it has ended if it has not. Without a type it finds out which it is. */
export async function resume(
  call: Call,
  type: GenerationType | undefined,
  id: string,
  watch: Watcher,
): Promise<Exchange<CompletedGeneration>> {
  checkId(id)
  if (type !== undefined && !types.includes(type)) {
    throw new TypeError(`type must be ${types.join(' or ')}.`)
  }
  const pace = newPace(watch)
  const found = await find(call, type, id, pace).catch((error: unknown) => {
    // That the server does not know it is an answer.
    throw error instanceof NotFoundError ? error : failureOfWait(error, id)
  })
  return ended(call, found.type, found, pace, watch)
}

const types: readonly GenerationType[] = ['video', 'image']

async function find(
  call: Call,
  type: GenerationType | undefined,
  id: string,
  pace: Pace,
): Promise<Look & { type: GenerationType }> {
  if (type) return { type, ...(await readOnce(call, type, id, pace)) }
  try {
    return { type: 'video', ...(await readOnce(call, 'video', id, pace)) }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    const image = await readOnce(call, 'image', id, pace).catch((second: unknown) => {
      // A server without image generations of their own has no such route, and refuses in any words.
      // Whatever else goes wrong, the id may be that of an image.
      const status = (second instanceof ConnectionError && second.status) || 0
      throw status >= 400 && status < 500 ? error : second
    })
    return { type: 'image', ...image }
  }
}

async function ended(
  call: Call,
  type: GenerationType,
  first: Look,
  pace: Pace,
  watch: Watcher,
): Promise<Exchange<CompletedGeneration>> {
  const { id } = first.answer.data
  return orInterrupted(call, id, async () => {
    for (let { answer, pauseMs } = first; ;) {
      report(call, answer.data, watch)
      if (answer.data.status === 'failed') throw failedError(answer, answer.data, call)
      // Its status was looked at just now.
      if (answer.data.status === 'completed') return answer as Exchange<CompletedGeneration>
      await rest(call, pace, pauseMs)
      ;({ answer, pauseMs } = await look(call, type, id, pace))
    }
  })
}

/** Does a part of the waiting. What ends it without the outcome says that the generation goes on. */
async function orInterrupted<T>(call: Call, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw failureOfWait(error, id, call.idempotencyKey)
  }
}

/** Reads a generation that is known to exist: a server that does not know it may be a moment behind. */
async function look(call: Call, type: GenerationType, id: string, pace: Pace): Promise<Look> {
  for (let unknown = 1; ; unknown++) {
    try {
      return await readOnce(call, type, id, pace)
    } catch (error) {
      if (!(error instanceof NotFoundError) || unknown === unknownInARow) throw error
      await rest(call, pace, pace.pollMs)
    }
  }
}

async function readOnce(call: Call, type: GenerationType, id: string, pace: Pace): Promise<Look> {
  const { clock } = call.settings
  const askedAt = clock.now()
  // An answer that is held must come before the time is over, or it is lost.
  const leftMs = call.endsAt - askedAt - lastLookMs
  const hold = { seconds: Math.max(0, Math.min(pace.hold.seconds, Math.floor(leftMs / 1_000))) }
  const asked = hold.seconds
  const request: Request = {
    method: 'GET',
    path: pathOf(type, id),
    generationId: id,
    hold,
    isExpected: isStateOf(id),
  }
  // Reads cost nothing and change nothing, so only time limits how often they are repeated.
  const answer = toGeneration(await send({ ...call, maxRetries: Infinity }, request))
  if (hold.seconds < asked) pace.hold = hold
  // Time that was lost on broken reads was no waiting.
  const isHeld = answer.attempts === 1 && asked > 0 && clock.now() - askedAt >= asked * 1_000 - 50
  return { answer, pauseMs: isHeld ? 0 : pauseAfter(call, answer, pace) }
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
  const untilLastLookMs = leftMs - Math.min(lastLookMs, leftMs / 4)
  // The end of the time is told here, for another request could only say that nobody answered, or
  // come too soon after the one before.
  if (pace.isLastLook || leftMs <= 0 || untilLastLookMs < Math.min(ms, shortestPollMs)) {
    const message = `The generation did not end within ${seconds(call.timeout)} (timeout).`
    throw toError({ code: 'timeout', message, retryable: true }, 1)
  }
  pace.isLastLook = ms >= untilLastLookMs
  // An abort is noticed by the next request.
  if (ms > 0) await pause(clock, Math.min(ms, untilLastLookMs), call.signal)
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
    // On foreign servers they may be anything.
    ...(typeof progress === 'number' && { progress }),
    ...(typeof queuePosition === 'number' && { queuePosition }),
  })
}
