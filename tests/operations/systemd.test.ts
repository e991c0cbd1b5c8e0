import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/gateway.ts'
import { adapt, snippets } from './support/document.ts'

const [unit = ''] = snippets('systemd')
const hasSystemd = spawnSync('systemd-analyze', ['--version']).error === undefined
if (!hasSystemd) console.warn('SKIPPED: the unit was not read by systemd, which cannot be found.')

test.skipIf(!hasSystemd)('systemd has nothing to say against the unit', () => {
  expect(verify(unit)).toEqual({ status: 0, stderr: '' })
  // The control: it would have said it.
  expect(verify(unit.replace('ProtectHome', 'ProtectHouse')).stderr).toContain('ProtectHouse')
})

test('the unit gives a drain its time, starts again, and shows its data to nobody', () => {
  const settings = new Map(
    [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  expect(Number(settings.get('TimeoutStopSec'))).toBeGreaterThanOrEqual(20 + 30)
  expect(Number(settings.get('LimitNOFILE'))).toBeGreaterThanOrEqual(65_536)
  expect(Object.fromEntries(settings)).toMatchObject({
    Restart: 'always',
    StateDirectoryMode: '0700',
    UMask: '0077',
    NoNewPrivileges: 'true',
    ProtectSystem: 'strict',
  })
  // Node compiles at run time, and would not start.
  expect(settings.has('MemoryDenyWriteExecute')).toBe(false)
})

function verify(text: string) {
  const file = join(temporaryFolder(), 'filmgate.service')
  writeFileSync(file, adapt(text, [['/usr/bin/node', process.execPath]]))
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  return { status, stderr }
}
