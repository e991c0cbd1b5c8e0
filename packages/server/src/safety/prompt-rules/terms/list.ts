/** Terms separated by commas or line breaks, so that a page of them can be read. */
export function list(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
}
