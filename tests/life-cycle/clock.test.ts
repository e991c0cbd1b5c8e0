/** The system's clock is set by an hour in every moment: nothing ends early, waits or is sent twice. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, type TestGateway } from '../support/gateway.ts'
import { rowsOf, toldBefore } from './rows/moments.ts'
import { unanswered } from './rows/outcomes.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld } from './support/world.ts'

const hour = 3_600_000
const preload = new URL('../support/shifted-clock.mjs', import.meta.url).href

for (const [name, offsetMs] of [
  ['forward', hour],
  ['back', -hour],
] as const) {
  const running = rowsOf({ misfortune: `clock set ${name}` }, () => ({}))

  testGroup({ name: `clock-${name}`, blow: `the clock is set ${name}`, rows: running }, () =>
    inWorld(running, atClock(), async (world) => {
      const { gateway, options } = world
      const ordered = await world.orderAll()
      await setClock(gateway, options.env?.['FILMGATE_TEST_CLOCK'], offsetMs)
      await world.openGates()
      world.letGo()
      return look(gateway, ordered)
    }),
  )

  // How long nobody served is known to the minute, so each has more time than that.
  const between = rowsOf(
    { misfortune: `killed, clock set ${name}`, deadlineSeconds: 120 },
    (kind, moment) => ({
      ...unanswered(kind, moment),
      ...toldBefore(kind, moment),
    }),
  )

  testGroup(
    { name: `clock-${name}-killed`, blow: `SIGKILL, the clock is set ${name}`, rows: between },
    () =>
      inWorld(between, atClock(), async (world) => {
        const { gateway, options } = world
        const ordered = await world.orderAll()
        await gateway.kill()
        writeFileSync(options.env?.['FILMGATE_TEST_CLOCK'] ?? '', String(offsetMs))
        await world.openGates()
        world.letGo()
        await gateway.restart()
        return look(gateway, ordered)
      }),
  )
}

function atClock() {
  const file = join(temporaryFolder(), 'clock')
  writeFileSync(file, '0')
  return { env: { NODE_OPTIONS: `--import=${preload}`, FILMGATE_TEST_CLOCK: file } }
}

async function setClock(
  gateway: TestGateway,
  file: string | undefined,
  offsetMs: number,
): Promise<void> {
  writeFileSync(file ?? '', String(offsetMs))
  gateway.process.kill('SIGUSR2')
  await gateway.logged(new RegExp(`clock shifted by ${offsetMs}`))
}
