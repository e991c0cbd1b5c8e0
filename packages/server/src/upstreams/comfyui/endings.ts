/** What the end of a job without a result means; told in names only, as in failures.ts. */
import type { FailureKind, UpstreamFailure } from '../upstream.ts'
import { raised } from './node-errors.ts'
import { toList, toRecord, toText, type Unknowns } from './unknowns.ts'

/** How a job ended that has no result. */
interface EndFacts {
  /** The last event of its messages. */
  event: string
  /** Type and message of the exception, to be matched only. */
  exception: string
  /** Where it was raised, in names only. */
  where: string
}

interface EndRow {
  name: string
  fits(facts: EndFacts): boolean
  kind: FailureKind
  note(facts: EndFacts): string
}

const whereRaised = ({ where }: EndFacts) => where

/**
 * Verdicts. Nodes that ask a service of somebody else's have money, keys and rules of their own. What
 * concerns the operator's account has to stand at the beginning: further on, a message may quote the
 * prompt, and no client's words may close an upstream.
 */
export const endRows: readonly EndRow[] = [
  {
    name: 'interrupted',
    fits: ({ event }) => event === 'execution_interrupted',
    kind: 'transient',
    note: ({ where }) => `interrupted at the server: ${where}`,
  },
  {
    name: 'no_credits',
    fits: ({ exception }) =>
      /^[\w.]*: (?:API Error: )?(?:payment required|insufficient (?:credits|funds))/i.test(
        exception,
      ),
    kind: 'funds',
    note: ({ where }) => `the account of a service has no credits: ${where}`,
  },
  {
    name: 'no_login',
    fits: ({ exception }) =>
      /^[\w.]*: (?:unauthorized: please login|there is a problem with your account)/i.test(
        exception,
      ),
    kind: 'credential',
    note: ({ where }) => `a service does not accept its key: ${where}`,
  },
  {
    name: 'moderated',
    fits: ({ exception }) =>
      /content[ _-]?(?:policy|moderat)|\bmoderat(?:ed|ion)|safety (?:system|filter|check|guideline)|nsfw (?:content )?(?:was )?detected|sensitive content|request moderated/i.test(
        exception,
      ),
    kind: 'moderated',
    note: ({ where }) => `a service refused the content: ${where}`,
  },
  {
    name: 'service_busy',
    fits: ({ exception }) => /^[\w.]*: (?:rate limit exceeded|too many requests)/i.test(exception),
    kind: 'throttled',
    note: ({ where }) => `a service takes no more at the moment: ${where}`,
  },
  {
    name: 'out_of_memory',
    fits: ({ exception }) =>
      /OutOfMemory|allocation on device|out of memory|can't allocate memory/i.test(exception),
    kind: 'transient',
    note: ({ where }) => `out of memory: ${where}`,
  },
  {
    name: 'raised',
    fits: ({ event }) => event === 'execution_error',
    kind: 'transient',
    note: whereRaised,
  },
  {
    name: 'no_file',
    fits: ({ event }) => event === 'execution_success',
    kind: 'useless',
    note: () => 'the workflow ended well and saved no picture or film',
  },
  {
    name: 'no_reason',
    fits: () => true,
    kind: 'transient',
    note: () => 'the server says that it failed, and not why',
  },
]

/** The failure that the entry of a job in the history tells of. */
export function classifyEnd(status: Unknowns): UpstreamFailure {
  const facts = endFacts(status)
  const row = endRows.find(({ fits }) => fits(facts))
  // The last one fits everything.
  if (row === undefined) throw new Error('no row fits')
  return { kind: row.kind, note: row.note(facts), job: 'ended', billed: 'no' }
}

function endFacts(status: Unknowns): EndFacts {
  const last = toList(toList(status['messages']).at(-1))
  const details = toRecord(last[1]) ?? {}
  return {
    event: toText(last[0]),
    exception:
      `${toText(details['exception_type'])}: ${toText(details['exception_message'])}`.slice(
        0,
        4000,
      ),
    where: raised(details),
  }
}
