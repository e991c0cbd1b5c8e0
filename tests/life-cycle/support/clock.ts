import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, type TestGateway } from '../../support/gateway.ts'

const preload = new URL('../../support/shifted-clock.mjs', import.meta.url).href

/** The environment of a gateway whose clock can be set, in milliseconds beside the true time. */
export interface ShiftedClock {
  env: Record<string, string>
  /** For the next start. */
  set(offsetMs: number): void
  /** For a gateway that runs. */
  setNow(gateway: TestGateway, offsetMs: number): Promise<void>
}

/** A clock that is right at first. */
export function shiftedClock(): ShiftedClock {
  const file = join(temporaryFolder(), 'clock')
  const set = (offsetMs: number) => writeFileSync(file, String(offsetMs))
  set(0)
  return {
    env: { NODE_OPTIONS: `--import=${preload}`, FILMGATE_TEST_CLOCK: file },
    set,
    async setNow(gateway, offsetMs) {
      set(offsetMs)
      gateway.process.kill('SIGUSR2')
      await gateway.logged(new RegExp(`clock shifted by ${offsetMs}`))
    },
  }
}
