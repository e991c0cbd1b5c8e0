import type { Act, Acts, JobScript, Script, Step } from './script.ts'

/** The scripts of an account, and how far each has been played. */
export interface Scripts {
  set(match: string, script: Script): void
  /** The next act of this step for a text; `whose` keeps the count of each job apart. */
  take(step: Step, text: string, whose?: number): Act | undefined
  /** Takes the act for a body that has come so far, if that is to be read no further. */
  takeUnread(step: Step, textSoFar: () => string): Act | undefined
  /** Whether any script has something for this step of a text. */
  has(step: Step, text: string): boolean
  jobScript(text: string): JobScript
}

interface Entry {
  match: string
  script: Script
  taken: Map<string, number>
}

/** None at first. */
export function createScripts(): Scripts {
  const entries: Entry[] = []
  const find = (field: keyof Script, text: string) =>
    entries.findLast(({ match, script }) => script[field] !== undefined && text.includes(match))
  const next = (step: Step, text: string, whose?: number) => {
    // A script for lookups holds only for them; one for any look holds for lookups as well.
    const found =
      find(step, text) ?? (step === 'lookup' ? find((step = 'status'), text) : undefined)
    const acts = found?.script[step]
    if (found === undefined || acts === undefined) return undefined
    const key = `${step} ${whose ?? ''}`
    const index = found.taken.get(key) ?? 0
    const act = Array.isArray(acts) ? acts[Math.min(index, acts.length - 1)] : acts
    return { act, take: () => found.taken.set(key, index + 1) }
  }
  return {
    set(match, script) {
      const at = entries.findIndex((entry) => entry.match === match)
      if (at >= 0) entries.splice(at, 1)
      entries.push({ match, script, taken: new Map() })
    },
    take(step, text, whose) {
      const found = next(step, text, whose)
      found?.take()
      return found?.act
    },
    takeUnread(step, textSoFar) {
      // Bodies may be large, and scripts like this are rare.
      if (!entries.some(({ script }) => refusesUnread(script[step]))) return undefined
      const found = next(step, textSoFar())
      if (found?.act?.reset !== 'before-reading') return undefined
      found.take()
      return found.act
    },
    has: (step, text) => next(step, text) !== undefined,
    jobScript: (text) => find('job', text)?.script.job ?? {},
  }
}

function refusesUnread(acts: Acts = []): boolean {
  return [acts].flat().some(({ reset }) => reset === 'before-reading')
}
