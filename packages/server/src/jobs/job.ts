/** `generation`: id is the generation's. `retention`: the sweep that deletes what is past its time. */
export type JobKind = 'generation' | 'retention'

/** A job that this process holds. */
export interface Lease {
  id: string
  kind: JobKind
  token: string
}

/**
 * `continue`: take the next step now. `released`: the job was given back or has ended. `afterMs`:
 * it stays with this process, which takes the next step after so many milliseconds.
 */
export type Step = 'continue' | 'released' | { afterMs: number }

/** A job at work in this process. */
export interface Task {
  /**
   * Takes one step. `signal` aborts when the job's rows have changed or the gateway stops; a step that
   * then rejects with the signal's reason is taken again, unless the gateway stops. Any other error is
   * a fault of ours: it is logged, and the step is tried again after a while.
   */
  step(signal: AbortSignal): Promise<Step>
  /** Called once, when this process no longer works on the job. */
  end(): void
}

/** What works on the jobs of one kind. */
export type JobHandler = (lease: Lease) => Task
