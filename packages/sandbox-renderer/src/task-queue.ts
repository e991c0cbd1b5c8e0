import type { TaskQueue } from 'piscina'

type Task = Parameters<TaskQueue['push']>[0]

/**
 * Waiting tasks of the pool: those of no film (pictures, and the last step of a film) before all others, then one of
 * each film in turns. A film of ten seconds is ten tasks; in a single line a picture, or somebody's short film, would
 * wait for all of them. The films under way are few.
 */
export function createTaskQueue(filmOf: (task: Task) => unknown): TaskQueue {
  const short: Task[] = []
  const films = new Map<unknown, Task[]>()

  const shiftFilm = (): Task | null => {
    for (const [film, tasks] of films) {
      const task = tasks.shift()
      films.delete(film)
      // Behind the others, whose turn is next.
      if (tasks.length > 0) films.set(film, tasks)
      if (task !== undefined) return task
    }
    return null
  }

  return {
    get size() {
      return [...films.values()].reduce((sum, { length }) => sum + length, short.length)
    },
    shift: () => short.shift() ?? shiftFilm(),
    push(task) {
      const film = filmOf(task)
      if (film === undefined) short.push(task)
      else films.set(film, [...(films.get(film) ?? []), task])
    },
    remove(task) {
      for (const line of [short, ...films.values()]) {
        const at = line.indexOf(task)
        if (at >= 0) line.splice(at, 1)
      }
    },
  }
}
