import { expect, test } from 'vitest'
import { createTaskQueue } from './task-queue.ts'

type Task = Parameters<ReturnType<typeof createTaskQueue>['push']>[0]

/** A queue of names; the first letter is the film, and p is a picture. */
function queueOf(...names: string[]) {
  const tasks = new Map(names.map((name) => [name, { name }]))
  const nameOf = (task: object | null) => [...tasks].find(([, known]) => known === task)?.[0]
  // Piscina's own tasks have more to them, which the queue does not look at.
  const toTask = (name: string) => tasks.get(name) as unknown as Task
  const queue = createTaskQueue((task) => {
    const film = nameOf(task)?.slice(0, 1)
    return film === 'p' ? undefined : film
  })
  for (const name of names) queue.push(toTask(name))
  const drain = () => Array.from({ length: queue.size }, () => nameOf(queue.shift()))
  return { queue, toTask, drain }
}

test('pictures come first, then the films in turns, each film’s parts in their order', () => {
  const { queue, drain } = queueOf('a1', 'a2', 'a3', 'p1', 'b1', 'b2', 'p2', 'c1')
  expect(drain()).toEqual(['p1', 'p2', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  expect([queue.size, queue.shift()]).toEqual([0, null])
})

test('what is taken out is not drawn, and holds up nobody', () => {
  const { queue, toTask, drain } = queueOf('a1', 'b1', 'b2', 'p1')
  for (const name of ['a1', 'b1', 'p1', 'p1']) queue.remove(toTask(name))
  expect(drain()).toEqual(['b2'])
})
