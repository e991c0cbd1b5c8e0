import { expect, test } from 'vitest'
import { createGate } from './gate.ts'

const never = new AbortController().signal

test('only as many enter as there are places, and the others in order of arrival', async () => {
  const gate = createGate(1)
  const order: string[] = []
  const leave = await gate.enter(never)
  const next = async (name: string) => {
    const leaveNext = await gate.enter(never)
    order.push(name)
    leaveNext()
  }
  const others = [next('second'), next('third')]
  expect(order).toEqual([])
  leave()
  await Promise.all(others)
  expect(order).toEqual(['second', 'third'])
})

test('one who gives up waiting takes no place, and leaving twice frees only one', async () => {
  const gate = createGate(1)
  const leave = await gate.enter(never)
  const impatient = new AbortController()
  const waiting = gate.enter(impatient.signal)
  impatient.abort(new Error('gave up'))
  await expect(waiting).rejects.toThrow('gave up')
  leave()
  leave()
  await gate.enter(never)
  const late = new AbortController()
  const full = gate.enter(late.signal)
  late.abort(new Error('still full'))
  await expect(full).rejects.toThrow('still full')
})
