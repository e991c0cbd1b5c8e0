/**
 * Changes the source in small ways, one at a time, and tells which changes no test notices:
 * `npm run mutate`, or only for some parts: `npm run mutate -- jobs ledger`. Takes an hour or two for
 * everything, so it is no part of `npm test`. docs/mutation.md has what is known of the survivors.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, '.cache', 'mutation')
/** Of a hundred changes so many must be noticed in each part of the server. */
const enough = 85

interface Part {
  mutate: string[]
  tests: 'server' | 'client'
}

const server = (...mutate: string[]): Part => ({
  mutate: mutate.map((path) => `packages/server/src/${path}`),
  tests: 'server',
})
const parts: Readonly<Record<string, Part>> = {
  generations: server('generations/!(*.test).ts'),
  jobs: server('jobs/!(*.test).ts'),
  upstreams: server('upstreams/{capacity,routing}.ts'),
  ledger: server('ledger/!(*.test).ts'),
  admission: server('admission/!(*.test).ts'),
  client: {
    mutate: ['packages/client/src/{send,attempt,read-answer,retry,outcome,wait,create}.ts'],
    tests: 'client',
  },
}

/** What is read of Stryker's report. */
interface Report {
  files: Record<string, { source: string; mutants: Mutant[] }>
}
interface Mutant {
  /** `Killed`, `Timeout`, `Survived`, `NoCoverage` and others that do not count. */
  status: string
  replacement: string
  location: { start: Position; end: Position }
}
/** Both are counted from 1. */
interface Position {
  line: number
  column: number
}

interface Outcome {
  name: string
  noticed: number
  survivors: string[]
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function runPart(name: string, part: Part): Promise<Outcome> {
  mkdirSync(folder, { recursive: true })
  const configFile = join(folder, `${name}.json`)
  const reportFile = join(folder, `${name}-report.json`)
  writeFileSync(configFile, JSON.stringify(toConfig(part, reportFile)))
  const script = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const child = spawn(process.execPath, [script, 'run', relative(root, configFile)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FILMGATE_MUTATED: part.tests },
  })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  })
  if (code !== 0) throw new Error(`Stryker ended with code ${String(code)}`)
  // Stryker's own format, of the version that the lock names.
  return toOutcome(name, JSON.parse(readFileSync(reportFile, 'utf8')) as Report)
}

function toConfig({ mutate }: Part, reportFile: string): object {
  return {
    mutate,
    testRunner: 'vitest',
    vitest: { configFile: 'vitest.mutation.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner', './tools/ignore-logging.mjs'],
    // What is logged is for people.
    ignorers: ['logging'],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    timeoutMS: 15_000,
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: relative(root, reportFile) },
    tempDirName: '.cache/mutation/copy',
    ignorePatterns: ['.cache', 'data', 'demo-output', 'test-output'],
    // Stryker would read it with TypeScript, which has no interface for that since version 7.
    tsconfigFile: 'none.json',
  }
}

function toOutcome(name: string, { files }: Report): Outcome {
  const outcome: Outcome = { name, noticed: 0, survivors: [] }
  for (const [path, { source, mutants }] of Object.entries(files)) {
    for (const mutant of mutants) {
      const { status } = mutant
      if (status === 'Killed' || status === 'Timeout') outcome.noticed += 1
      if (status !== 'Survived' && status !== 'NoCoverage') continue
      const note = status === 'NoCoverage' ? ' (no test comes here)' : ''
      outcome.survivors.push(`${path}:${show(source, mutant)}${note}`)
    }
  }
  return outcome
}

function show(source: string, { replacement, location: { start, end } }: Mutant): string {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const text = lines.join('\n')
  const after = (lines.at(-1)?.length ?? 0) - (end.column - 1)
  const original = text.slice(start.column - 1, text.length - after)
  const short = (code: string) => code.replaceAll(/\s+/g, ' ').slice(0, 100)
  return `${start.line}:${start.column}  ${short(original)}  →  ${short(replacement)}`
}

function toScore({ noticed, survivors }: Outcome): number {
  return (100 * noticed) / Math.max(1, noticed + survivors.length)
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
const outcomes: Outcome[] = []
for (const name of chosen) {
  const part = parts[name]
  if (part === undefined)
    throw new Error(`There are ${Object.keys(parts).join(', ')}; not ${name}.`)
  outcomes.push(await runPart(name, part))
}
for (const { survivors } of outcomes) for (const survivor of survivors) say(survivor)
say('')
for (const outcome of outcomes) {
  const { name, noticed, survivors } = outcome
  const score = toScore(outcome)
  if (parts[name]?.tests === 'server' && score < enough) process.exitCode = 1
  say(
    `${name.padEnd(12)} ${score.toFixed(1).padStart(5)} %  ${noticed} noticed, ${survivors.length} survived`,
  )
}
