/**
 * Preloaded into a gateway (`node --import`): shifts its system clock by the milliseconds that the
 * file named in FILMGATE_TEST_CLOCK holds, at the start and again at each SIGUSR2. Clocks that
 * cannot jump (`performance.now()`, timers) stay as they are, as they do on a real machine.
 */
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const file = process.env.FILMGATE_TEST_CLOCK
const systemNow = Date.now
let offsetMs = 0

function readOffset() {
  offsetMs = Number(readFileSync(file, 'utf8'))
  if (isMainThread) process.stderr.write(`clock shifted by ${offsetMs}\n`)
}

const SystemDate = Date
Date.now = () => systemNow() + offsetMs
globalThis.Date = class extends SystemDate {
  constructor(...values) {
    if (values.length === 0) super(SystemDate.now())
    else super(...values)
  }
}

readOffset()
process.on('SIGUSR2', readOffset)
