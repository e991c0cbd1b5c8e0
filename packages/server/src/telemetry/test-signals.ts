/**
 * Named moments at which a test can look, and stop the process: between two lines no test could hit
 * by chance. A process that was started with an IPC channel and FILMGATE_TEST_SIGNALS tells each
 * moment to its parent, and stays in it until the parent says `go on`. Any other process does nothing.
 */

/** The moments, in the order in which they come. */
export const testSignals = [
  /** The order is accepted; nothing has happened to it. */
  'accepted',
  /** The content checks are passed; nothing of it is written. */
  'checked',
  /** `submitting` is committed; not one byte has left. */
  'submitting',
  /** The upstream has answered; nothing of it is written. */
  'answered',
  /** The answer is committed; nothing else has happened. */
  'recorded',
  /** A look has told that the result is there; nothing is fetched. */
  'finished',
  /** The files are kept and measured; the end is not written. */
  'stored',
  /** The end is committed; nobody has been told. */
  'settled',
] as const
export type TestSignal = (typeof testSignals)[number]

const watched = new Set(
  process.send === undefined ? [] : (process.env['FILMGATE_TEST_SIGNALS'] ?? '').split(','),
)

/** Tells the moment, if a test has asked for it, and waits for its leave. */
export async function testSignal(signal: TestSignal, id: string): Promise<void> {
  if (!watched.has(signal)) return
  await new Promise<void>((resolve) => {
    const goOn = (message: unknown) => {
      const { signal: other, id: whose } = message as { signal?: string; id?: string }
      if (other !== signal || whose !== id) return
      process.off('message', goOn)
      resolve()
    }
    process.on('message', goOn)
    process.send?.({ signal, id })
  })
}
