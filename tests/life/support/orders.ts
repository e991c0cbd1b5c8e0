import sharp from 'sharp'
import type { Generation } from '../../../packages/server/src/generations/generation.ts'
import { newId } from '../../../packages/server/src/storage/ids.ts'

/** How long generations of these tests are given. */
export const deadlineMs = 50_000

/** What each of them costs, in micro-dollars. */
export const price = 40_000

/** Where the clock of these tests begins. */
export const startAt = 1_800_000_000_000

/** An accepted image of which nothing else has happened. */
export function newGeneration(
  { workspaceId, keyId }: { workspaceId: string; keyId: string },
  now: number,
): Generation {
  const id = newId('gen')
  return {
    id,
    workspaceId,
    keyId,
    mode: 'live',
    type: 'image',
    model: 'm',
    input: {
      prompt: 'a fox',
      images: [],
      seed: null,
      aspectRatio: '1:1',
      resolution: '1K',
      outputFormat: 'jpeg',
      duration: null,
      sound: null,
    },
    status: 'pending',
    checkedAt: null,
    cancelRequestedAt: null,
    price: { unitPriceMicros: price, quantity: 1, costMicros: price },
    idempotencyKey: id,
    requestId: 'req_a',
    progress: null,
    queuePosition: null,
    failure: null,
    upstreamBilled: 'no',
    deadlineAt: now + deadlineMs,
    createdAt: now,
    endedAt: null,
    reconcileUntil: null,
  }
}

/** A picture that is one. */
export const picture = await sharp({
  create: { width: 32, height: 32, channels: 3, background: 'tomato' },
})
  .jpeg()
  .toBuffer()
