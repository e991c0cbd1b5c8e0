/** Keys from the top of a value to a place in it. */
export type Path = readonly (string | number)[]

/** A path as the client would write it: `images[0].url`. */
export function toParam(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('')
}
