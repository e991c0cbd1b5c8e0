import type { VirtualClock } from '../support/virtual-clock.ts'
import type { MoodName } from './moods.ts'
import type { Chance } from './chance.ts'

/** What the server knows of one call: what it did to it, and what the call did wrong. */
export interface CallRecord {
  /** Stands in its prompt, its id or its link. */
  tag: string
  clock: VirtualClock
  /** For what the server does. */
  chance: Chance
  /** Whether a repeated key gets the generation that it made before. */
  honoursKeys: boolean
  /** Everything goes wrong in this way; otherwise things go wrong now and then. */
  doom: MoodName | undefined
  /** Ends the call by its signal; absent where the signal is shared. */
  abort?: () => void
  /** It writes to the file system, which takes longer than turns of the event loop. */
  isSlow: boolean
  /** The call has ended. Whatever was begun for it is nothing to the next call with this clock. */
  isOver: boolean
  requests: number
  /** Submissions that the client began, and those of them that it gave up. */
  begun: number
  givenUp: Set<string>
  posts: number
  keys: Set<string>
  /** The answer after which no POST may come any more. */
  lastWord: string | undefined
  /** Generations that the server made, and the ids that surely arrived at the client. */
  made: { id: string; key: string }[]
  told: Set<string>
  /** Reads until a generation has ended. */
  readsLeft: number
  fails: boolean
  /** Each request, and what was done to it: for whoever looks into it. */
  trail: string[]
  /** What must never happen, and did. */
  wrongs: string[]
}

/** Begins the record of a call. */
export function newRecord(
  tag: string,
  clock: VirtualClock,
  chance: Chance,
  doom: MoodName | undefined,
): CallRecord {
  return {
    tag,
    clock,
    chance,
    doom,
    honoursKeys: chance.is(0.5),
    isSlow: false,
    isOver: false,
    requests: 0,
    begun: 0,
    givenUp: new Set(),
    posts: 0,
    keys: new Set(),
    lastWord: undefined,
    made: [],
    told: new Set(),
    readsLeft: chance.below(3),
    fails: chance.is(0.1),
    trail: [],
    wrongs: [],
  }
}

/** Notes a POST, and whether it should not have come. */
export function notePost(record: CallRecord, key: string | undefined): void {
  const { keys, lastWord, wrongs } = record
  record.posts += 1
  keys.add(key ?? 'none')
  if (keys.size > 1) wrongs.push('a POST with another key')
  if (lastWord) wrongs.push(`a POST after ${lastWord}`)
}
