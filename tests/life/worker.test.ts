import { expect, test } from 'vitest'
import type { JobKind, Step } from '../../packages/server/src/jobs/job.ts'
import {
  aliveMs,
  claim,
  enqueueHeld,
  ensureDue,
  LeaseLostError,
} from '../../packages/server/src/jobs/queue.ts'
import { enlist, takeBack } from '../../packages/server/src/jobs/workers.ts'
import { deferred } from './support/deferred.ts'
import { openShop, type Script } from './support/shop.ts'

/** Waits until its step is interrupted, and then ends. */
const untilInterrupted: Script = (signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

test('what is due when it starts is worked on, and then given up', async () => {
  const shop = await openShop()
  for (const id of ['gen_a', 'gen_b']) await shop.add(id)
  const ends = [shop.end('gen_a'), shop.end('gen_b')]
  shop.worker.start()
  await Promise.all(ends)
  expect(shop.begun.toSorted()).toEqual(['gen_a', 'gen_b'])
  expect(shop.worker.held).toBe(0)
  expect(await shop.database.read.all('SELECT id FROM jobs')).toEqual([])
})

test('a job is worked on when it is due, without anybody waking the worker', async () => {
  const shop = await openShop()
  await shop.add('gen_a', 3000)
  shop.worker.start()
  await shop.asleep()
  const begun = shop.step('gen_a')
  await shop.pass(2999)
  expect(shop.begun).toEqual([])
  await shop.pass(1)
  await begun
})

test('it looks every five seconds in case a job was added elsewhere, and at once when woken', async () => {
  const shop = await openShop()
  shop.worker.start()
  await shop.asleep()
  await shop.add('gen_a')
  const first = shop.step('gen_a')
  await shop.pass(5000)
  await first
  await shop.end('gen_a')
  await shop.asleep()
  await shop.add('gen_b')
  const second = shop.step('gen_b')
  shop.worker.wake()
  await second
})

test('a job that is put off for longer than any is due', async () => {
  const shop = await openShop()
  await shop.add('gen_a', 10 * 60_000)
  await shop.database.transaction((tx) => tx.run('UPDATE jobs SET run_at = run_at + 1'))
  const begun = shop.step('gen_a')
  shop.worker.start()
  await begun
})

test('a step that wants to go on does so at once, or after its rest, in the same process', async () => {
  const shop = await openShop()
  const steps: Step[] = ['continue', { afterMs: 0 }, { afterMs: 2000 }, 'released']
  shop.scripts.set('gen_a', async () => steps.shift() ?? 'released')
  await shop.add('gen_a')
  shop.worker.start()
  await shop.resting()
  expect(shop.begun).toHaveLength(3)
  const last = shop.step('gen_a')
  await shop.pass(1999)
  expect(shop.begun).toHaveLength(3)
  expect(shop.worker.held).toBe(1)
  await shop.pass(1)
  await last
})

test('an interruption ends a step or a rest, and the next step looks at the rows again', async () => {
  const shop = await openShop()
  const signals: AbortSignal[] = []
  const steps: Script[] = [untilInterrupted, async () => ({ afterMs: 600_000 }), untilInterrupted]
  shop.scripts.set('gen_a', (signal, lease) => {
    signals.push(signal)
    return (steps.shift() ?? (async () => 'released' as const))(signal, lease)
  })
  await shop.add('gen_a')
  const first = shop.step('gen_a')
  shop.worker.start()
  await first
  const second = shop.step('gen_a')
  shop.worker.interrupt('gen_a')
  await second
  await shop.resting()
  const third = shop.step('gen_a')
  shop.worker.interrupt('gen_a')
  expect((await third).aborted).toBe(false)
  const ended = shop.end('gen_a')
  shop.worker.interrupt('gen_a')
  await ended
  expect(shop.begun).toHaveLength(4)
  expect(shop.logged).toEqual([])
  expect(new Set(signals).size).toBe(4)
})

test('an interruption during a step is not lost when the step ends without noticing it', async () => {
  const shop = await openShop()
  const busy = deferred()
  const steps: Script[] = [
    async () => {
      await busy.promise
      return { afterMs: 600_000 }
    },
  ]
  shop.scripts.set('gen_a', (signal, lease) =>
    (steps.shift() ?? (async () => 'released' as const))(signal, lease),
  )
  await shop.add('gen_a')
  const first = shop.step('gen_a')
  shop.worker.start()
  await first
  shop.worker.interrupt('gen_a')
  const second = shop.step('gen_a')
  busy.resolve()
  expect((await second).aborted).toBe(false)
})

test('an interruption of a job that it does not hold is nothing', async () => {
  const shop = await openShop()
  shop.worker.interrupt('gen_a')
  expect(shop.worker.held).toBe(0)
})

test('a fault of our own is logged, and the step is tried again ever more slowly', async () => {
  const shop = await openShop()
  shop.scripts.set('gen_a', () => Promise.reject(new Error('disk full')))
  await shop.add('gen_a')
  const first = shop.step('gen_a')
  shop.worker.start()
  await first
  for (const waitMs of [1000, 2000, 4000, 8000, 15_000, 15_000]) {
    await shop.resting()
    const next = shop.step('gen_a')
    const count = shop.begun.length
    await shop.pass(waitMs - 1)
    expect(shop.begun).toHaveLength(count)
    await shop.pass(1)
    await next
  }
  expect(shop.logged).toContain('step failed; it is tried again')
  let isCalm = true
  shop.scripts.set('gen_a', async () => {
    if (!isCalm) throw new Error('disk full')
    isCalm = false
    return 'continue'
  })
  await shop.resting()
  const calm = shop.step('gen_a')
  await shop.pass(15_000)
  await calm
  await shop.resting()
  const again = shop.step('gen_a')
  await shop.pass(1000)
  await again
})

test('a job that was lost is let go of without a word', async () => {
  const shop = await openShop()
  shop.scripts.set('gen_a', () => Promise.reject(new LeaseLostError('lost')))
  await shop.add('gen_a')
  const ended = shop.end('gen_a')
  shop.worker.start()
  await ended
  expect(shop.logged).toEqual([])
  expect(shop.worker.held).toBe(0)
})

test('a job of an unknown kind is an error that is seen, and nobody guesses what it is', async () => {
  const shop = await openShop()
  await shop.database.transaction((tx) => ensureDue(tx, 'job_x', 'mystery' as JobKind))
  await shop.add('gen_a')
  const ended = shop.end('gen_a')
  shop.worker.start()
  await ended
  expect(shop.logged).toEqual(['a job of an unknown kind'])
  expect(shop.worker.held).toBe(0)
})

test('a job that is born held is worked on at once', async () => {
  const shop = await openShop()
  const begun = shop.step('gen_a')
  const lease = await shop.database.transaction((tx) =>
    enqueueHeld(tx, { id: 'gen_a', kind: 'generation', worker: shop.worker.id }),
  )
  shop.worker.run(lease)
  await begun
})

test('a thousand jobs that rest stand in the way of nobody, and each comes in its time', async () => {
  const shop = await openShop()
  const ids = Array.from({ length: 1000 }, (_none, index) => `gen_${index}`)
  const soon = new Set(ids.filter((_id, index) => index % 200 === 7))
  for (const id of ids) {
    const steps: Step[] = [{ afterMs: soon.has(id) ? 1000 : 600_000 }, 'released']
    shop.scripts.set(id, async () => steps.shift() ?? 'released')
  }
  await shop.addAll(ids)
  const begun = ids.map((id) => shop.step(id))
  shop.worker.start()
  await Promise.all(begun)
  await shop.timers(1001)
  expect(shop.worker.held).toBe(1000)
  const ended = [...soon].map((id) => shop.end(id))
  await shop.pass(1000)
  await Promise.all(ended)
  expect(shop.worker.held).toBe(995)
  await shop.add('gen_new')
  const added = shop.end('gen_new')
  shop.worker.wake()
  await added
  await shop.worker.stop(1000)
  expect(shop.begun).toHaveLength(1006)
  expect(shop.worker.held).toBe(0)
})

test('while it lives it says so, and nobody takes its jobs', async () => {
  const shop = await openShop()
  const heir = await shop.database.transaction(enlist)
  shop.scripts.set('gen_a', untilInterrupted)
  await shop.add('gen_a')
  const begun = shop.step('gen_a')
  shop.worker.start()
  await begun
  for (let count = 0; count < 10; count += 1) {
    const said = shop.beat()
    await shop.pass(15_000)
    await said
  }
  expect(await shop.database.transaction((tx) => takeBack(tx, heir))).toBe(0)
})

test('it takes back the jobs of a worker that is gone', async () => {
  const shop = await openShop()
  const dead = await shop.database.transaction(enlist)
  shop.worker.start()
  await shop.asleep()
  await shop.database.transaction((tx) =>
    enqueueHeld(tx, { id: 'gen_a', kind: 'generation', worker: dead }),
  )
  const begun = shop.step('gen_a')
  await shop.pass(aliveMs)
  await begun
})

test('a worker that was frozen drops what others took, and begins anew under another name', async () => {
  const shop = await openShop()
  // A look that learns nothing writes nothing, so it would never find out.
  shop.scripts.set('gen_a', async () => ({ afterMs: 1000 }))
  await shop.add('gen_a')
  const begun = shop.step('gen_a')
  shop.worker.start()
  await begun
  const before = shop.worker.id
  const heir = await shop.database.transaction(async (tx) => {
    await tx.run('DELETE FROM workers WHERE id = $1', before)
    const id = await enlist(tx)
    await takeBack(tx, id)
    return id
  })
  expect(await claim(shop.database, heir, 10)).toMatchObject([{ id: 'gen_a' }])
  const ended = shop.end('gen_a')
  await shop.pass(15_000)
  await ended
  expect(shop.worker.id).not.toBe(before)
  expect(shop.worker.held).toBe(0)
  const again = shop.step('gen_b')
  await shop.add('gen_b')
  shop.worker.wake()
  await again
})

test('what it claims anew under its new name it works on beside nothing of the old', async () => {
  const shop = await openShop()
  const held = deferred()
  shop.scripts.set('gen_a', async () => {
    await held.promise
    return { afterMs: 600_000 }
  })
  await shop.add('gen_a')
  const begun = shop.step('gen_a')
  shop.worker.start()
  await begun
  await shop.database.transaction((tx) => tx.run('DELETE FROM workers'))
  const again = shop.step('gen_a')
  await shop.pass(15_000)
  await again
  const ended = shop.end('gen_a')
  held.resolve()
  await ended
  expect(shop.ended).toEqual(['gen_a'])
  expect(shop.worker.held).toBe(1)
})

test('when it cannot claim it tries again, and when it cannot say that it lives it goes on', async () => {
  const shop = await openShop()
  await shop.add('gen_a')
  shop.faults.transactions = 1
  const refusal = shop.faults.refusal()
  shop.worker.start()
  await refusal
  await shop.asleep()
  expect(shop.logged).toEqual(['cannot claim jobs'])
  const begun = shop.step('gen_a')
  await shop.pass(1000)
  await begun
  await shop.end('gen_a')
  await shop.asleep()
  shop.faults.transactions = 1
  const silent = shop.faults.refusal()
  await shop.pass(15_000)
  await silent
  await shop.asleep()
  expect(shop.logged.at(-1)).toBe('cannot say that this worker is alive')
})

test('a stop takes no more steps, ends those under way, and gives the jobs back', async () => {
  const shop = await openShop()
  shop.scripts.set('gen_a', untilInterrupted)
  shop.scripts.set('gen_b', async () => ({ afterMs: 600_000 }))
  for (const id of ['gen_a', 'gen_b']) await shop.add(id)
  const begun = [shop.step('gen_a'), shop.step('gen_b')]
  shop.worker.start()
  await Promise.all(begun)
  await shop.worker.stop(1_000_000)
  expect(shop.begun).toHaveLength(2)
  expect(shop.ended.toSorted()).toEqual(['gen_a', 'gen_b'])
  expect(shop.worker.held).toBe(0)
  const heir = await shop.database.transaction(enlist)
  expect((await claim(shop.database, heir, 10)).map(({ id }) => id)).toEqual(['gen_a', 'gen_b'])
  expect(
    await shop.database.read.all('SELECT id FROM workers WHERE id = $1', shop.worker.id),
  ).toEqual([])
  await shop.add('gen_c')
  shop.worker.wake()
  expect(shop.begun).toHaveLength(2)
})

test('a stop is bounded: a step that does not end is left, and its job given back', async () => {
  const shop = await openShop()
  shop.scripts.set('gen_a', () => new Promise(() => {}))
  await shop.add('gen_a')
  const begun = shop.step('gen_a')
  shop.worker.start()
  await begun
  let isStopped = false
  const stopping = shop.worker.stop(5000).then(() => (isStopped = true))
  await shop.pass(4999)
  expect(isStopped).toBe(false)
  await shop.pass(1)
  await stopping
  const heir = await shop.database.transaction(enlist)
  expect(await claim(shop.database, heir, 10)).toHaveLength(1)
})

test('a stop that cannot give the jobs back ends all the same', async () => {
  const shop = await openShop()
  shop.worker.start()
  await shop.asleep()
  shop.faults.transactions = 1
  await shop.worker.stop(1000)
  expect(shop.logged).toEqual(['cannot give the jobs back'])
})
