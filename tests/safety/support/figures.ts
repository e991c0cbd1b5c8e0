/** What one row of a table cost. Memory is the highest growth of the process seen meanwhile. */
export interface Figures {
  ms: number
  megabytes: number
}

/** Runs the work and measures it; memory is sampled every two milliseconds. */
export async function measure<Value>(
  work: () => Promise<Value>,
): Promise<{ value: Value; figures: Figures }> {
  const before = process.memoryUsage.rss()
  let highest = before
  const sampler = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss())
  }, 2)
  const startedAt = performance.now()
  try {
    const value = await work()
    const ms = performance.now() - startedAt
    highest = Math.max(highest, process.memoryUsage.rss())
    return { value, figures: { ms, megabytes: (highest - before) / 1024 / 1024 } }
  } finally {
    clearInterval(sampler)
  }
}

/** One line of a printed table. */
export function toLine(name: string, { ms, megabytes }: Figures, text: string): string {
  const short = text.replace(/^The image at \S+ /, '')
  return `${name.padEnd(38)} ${ms.toFixed(1).padStart(8)} ms ${megabytes.toFixed(1).padStart(7)} MB  ${short}`
}
