/** The system's clock is set by an hour in every moment: nothing ends early, waits or is sent twice. */
import { rowsOf, toldBefore } from './rows/moments.ts'
import { unanswered } from './rows/outcomes.ts'
import { shiftedClock } from './support/clock.ts'
import { look, testGroup } from './support/table.ts'
import { inWorld } from './support/world.ts'

const hour = 3_600_000

for (const [name, offsetMs] of [
  ['forward', hour],
  ['back', -hour],
] as const) {
  const running = rowsOf({ misfortune: `clock set ${name}` }, () => ({}))

  testGroup({ name: `clock-${name}`, blow: `the clock is set ${name}`, rows: running }, () => {
    const clock = shiftedClock()
    return inWorld(running, clock, async (world) => {
      const { gateway } = world
      const ordered = await world.orderAll()
      await clock.setNow(gateway, offsetMs)
      await world.openGates()
      world.letGo()
      return look(gateway, ordered)
    })
  })

  // How long nobody served is known to the minute, so each has more time than that.
  const between = rowsOf(
    { misfortune: `killed, clock set ${name}`, deadlineSeconds: 120 },
    (kind, moment) => ({ ...unanswered(kind, moment), ...toldBefore(kind, moment) }),
  )

  testGroup(
    { name: `clock-${name}-killed`, blow: `SIGKILL, the clock is set ${name}`, rows: between },
    () => {
      const clock = shiftedClock()
      return inWorld(between, clock, async (world) => {
        const { gateway } = world
        const ordered = await world.orderAll()
        await gateway.kill()
        clock.set(offsetMs)
        await world.openGates()
        world.letGo()
        await gateway.restart()
        return look(gateway, ordered)
      })
    },
  )
}
