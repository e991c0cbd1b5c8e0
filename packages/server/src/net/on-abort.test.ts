import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort } from './on-abort.ts'

test('however many wait on a signal, it has one listener, and calls those that still wait', () => {
  const controller = new AbortController()
  const called: number[] = []
  const stops = Array.from({ length: 1000 }, (_, index) =>
    onAbort(controller.signal, () => called.push(index)),
  )
  for (const [index, stop] of stops.entries()) if (index !== 7 && index !== 9) stop()
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
  controller.abort()
  expect(called).toEqual([7, 9])
})
