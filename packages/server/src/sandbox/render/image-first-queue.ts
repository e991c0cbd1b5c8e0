import type { TaskQueue } from 'piscina'

type Task = Parameters<TaskQueue['push']>[0]

/**
 * Waiting tasks of the pool: short ones before the runs of a film, each kind in order of arrival. One film of ten
 * seconds is ten tasks; in a single line every picture asked for meanwhile would wait for all of them.
 */
export function imageFirstQueue(isShort: (task: Task) => boolean): TaskQueue {
  const short: Task[] = []
  const long: Task[] = []
  return {
    get size() {
      return short.length + long.length
    },
    shift: () => short.shift() ?? long.shift() ?? null,
    push(task) {
      if (isShort(task)) short.push(task)
      else long.push(task)
    },
    remove(task) {
      for (const line of [short, long]) {
        const at = line.indexOf(task)
        if (at >= 0) line.splice(at, 1)
      }
    },
  }
}
