import { afterAll, beforeAll } from 'vitest'
import type { AccountSettings } from '../../support/upstream/records.ts'
import {
  startUpstream,
  type ScriptedUpstream,
  type UpstreamAccount,
} from '../../support/upstream/scripted-upstream.ts'

/** An upstream for the tests of a file, with an account for each that asks. */
export function useUpstream(): {
  upstream(): ScriptedUpstream
  fresh(settings?: AccountSettings): Promise<UpstreamAccount>
} {
  let running: ScriptedUpstream | undefined
  let count = 0
  const upstream = () => {
    if (running === undefined) throw new Error('The upstream is only there while tests run.')
    return running
  }
  beforeAll(async () => {
    running = await startUpstream()
  })
  afterAll(() => running?.stop())
  return { upstream, fresh: (settings = {}) => upstream().account(`test-${++count}`, settings) }
}

/** Submits a prompt to fal's queue; rejects when the connection breaks. */
export function submitToFal(
  { fal }: UpstreamAccount,
  prompt: string,
  { app = 'fal-ai/flux/schnell', input = {}, ...init }: FalSubmission = {},
): Promise<Response> {
  return fetch(`${fal}/${app}`, {
    method: 'POST',
    body: JSON.stringify({ prompt, ...input }),
    ...init,
  })
}

interface FalSubmission extends RequestInit {
  app?: string
  input?: object
}

/** A body of which a test knows the fields. */
export async function bodyOf<T>(response: Response): Promise<T> {
  return (await response.json()) as T
}
