/** Comparing takes the square of it, and no setting or name is longer. */
const longestWord = 100

/** The known word that somebody who wrote another one most likely meant; undefined if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > longestWord) return undefined
  const least = Math.max(1, Math.floor(word.length / 3))
  const near = known
    .map((each) => ({ each, steps: isCutShort(word, each) ? 0 : stepsBetween(word, each) }))
    .filter(({ steps }) => steps <= least)
  return near.toSorted((one, other) => one.steps - other.steps)[0]?.each
}

/** The same as a question that stands behind the word; empty if none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant === undefined ? '' : ` (did you mean ${meant}?)`
}

function isCutShort(word: string, whole: string): boolean {
  return word.length >= 3 && whole.startsWith(word.toLowerCase())
}

/** How many letters have to be changed, added or left out, capitals aside. */
function stepsBetween(one: string, other: string): number {
  const [from, to] = [one.toLowerCase(), other.toLowerCase()]
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [row, letter] of [...from].entries()) {
    const line = [row + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const same = (above[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1)
      line.push(Math.min(same, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1))
    }
    above = line
  }
  return above.at(-1) ?? 0
}
