/** The path of a public address, below which the whole API lies: empty, or `/films` without a slash at its end. */
export function publicPath(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '')
}
