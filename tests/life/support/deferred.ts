/** A promise that somebody else resolves. */
export interface Deferred<Value = void> {
  promise: Promise<Value>
  resolve(value: Value): void
}

/** Makes one. */
export function deferred<Value = void>(): Deferred<Value> {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
