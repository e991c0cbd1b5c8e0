/**
 * Everything a change must pass, in this order; `npm test` has compiled the packages before. The last
 * line is the plain tally. Arguments are passed to vitest, to run a part: npm test -- tests/contract
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkTraffic } from './check-traffic.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const outputFolder = join(root, 'test-output')
const upstreamFolder = 'tests/support/upstream'
const trafficFolder = join(outputFolder, 'traffic')
const resultFile = join(outputFolder, 'vitest.json')

interface Tally {
  passed: number
  failed: number
  skipped: number
}

const tally: Tally = { passed: 0, failed: 0, skipped: 0 }

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Runs one of the installed tools with the terminal as its own. */
function run(script: string, args: string[]): Promise<number> {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

async function check(name: string, passes: () => Promise<boolean>): Promise<void> {
  const startedAt = Date.now()
  const passed = await passes()
  if (passed) tally.passed += 1
  else tally.failed += 1
  say(`${passed ? 'ok  ' : 'FAIL'}  ${name}  (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
}

const tool = (script: string, ...args: string[]) => {
  return async () => (await run(join('node_modules', script), args)) === 0
}

interface VitestResult {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  success: boolean
}

async function runTests(args: string[]): Promise<void> {
  rmSync(outputFolder, { recursive: true, force: true })
  // Tests that talk to no server record nothing.
  mkdirSync(trafficFolder, { recursive: true })
  await run('node_modules/vitest/vitest.mjs', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${resultFile}`,
    ...args,
  ])
  // vitest's own report; only these counts are used.
  const result = JSON.parse(readFileSync(resultFile, 'utf8')) as VitestResult
  tally.passed += result.numPassedTests
  tally.skipped += result.numPendingTests
  // A file that could not even be loaded has no failed test to count.
  tally.failed += result.numFailedTests > 0 || result.success ? result.numFailedTests : 1
}

async function reportTraffic(isWhole: boolean): Promise<boolean> {
  const { exchanges, violations, unseen } = await checkTraffic(trafficFolder)
  say(`${exchanges} exchanges were recorded.`)
  for (const violation of violations) say(`  breaks the contract: ${violation}`)
  // A part of the tests cannot have seen everything.
  if (isWhole) for (const item of unseen) say(`  never seen on the wire: ${item}`)
  return violations.length === 0 && (!isWhole || unseen.length === 0)
}

const args = process.argv.slice(2)
const isWhole = args.length === 0
if (isWhole) {
  await check('types', tool('typescript/bin/tsc', '-b'))
  await check('format', tool('oxfmt/bin/oxfmt', '--check'))
  await check('lint', tool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings'))
  await check('no dead code', tool('knip/bin/knip.js'))
  await check(
    'generated files are current, and the walls hold',
    async () => (await run('tools/dist/generate.js', ['--check'])) === 0,
  )
} else {
  // The only part of the tests that runs compiled; the check of types has it done in a whole run.
  await check('the scripted upstream compiles', tool('typescript/bin/tsc', '-b', upstreamFolder))
}
await runTests(args)
await check('every exchange keeps the contract, and all of it was seen', () =>
  reportTraffic(isWhole),
)

const skipped = tally.skipped === 0 ? '' : `, ${tally.skipped} skipped`
say(`${tally.passed} passed, ${tally.failed} failed${skipped}`)
process.exitCode = tally.failed === 0 ? 0 : 1
