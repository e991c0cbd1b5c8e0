import { expect, test } from 'vitest'
import { createBudget } from './budget.ts'

const never = new AbortController().signal

test('what is given back goes to those who wait, in their order', async () => {
  const budget = createBudget(10)
  const order: string[] = []
  const first = await budget.take(10, never)
  const large = budget.take(8, never).then((release) => {
    order.push('large')
    return release
  })
  const small = budget.take(1, never).then((release) => {
    order.push('small')
    return release
  })
  first()
  first()
  const releases = await Promise.all([large, small])
  expect(order).toEqual(['large', 'small'])
  for (const release of releases) release()
  await budget.take(10, never)
})

test('whoever gives up leaves the queue, and does not hold up the next', async () => {
  const budget = createBudget(2)
  const release = await budget.take(1, never)
  const caller = new AbortController()
  const large = budget.take(2, caller.signal)
  const small = budget.take(1, never)
  caller.abort(new Error('gave up'))
  await expect(large).rejects.toThrow('gave up')
  ;(await small)()
  release()
  await budget.take(2, never)
})

test('more than there is counts as all of it', async () => {
  const budget = createBudget(2)
  const release = await budget.take(50, never)
  release()
  await budget.take(2, never)
})
