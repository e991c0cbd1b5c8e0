/**
 * A stranger's text, short enough to stand in a message: at most `most` characters, never half of
 * one. Lone surrogates become U+FFFD, because some clients cannot even print them.
 */
export function shorten(text: string, most: number): string {
  // A character has at most two code units, so what is looked at stays short however long the text.
  const characters = Array.from(text.slice(0, 2 * most + 2))
  const isLonger = characters.length > most
  return (isLonger ? `${characters.slice(0, most).join('')}…` : text).toWellFormed()
}
