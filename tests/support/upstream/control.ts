import type { IncomingMessage, ServerResponse } from 'node:http'
import { Account } from './account.ts'
import { toRecord } from './jobs.ts'
import type { AccountSettings, Outcome } from './records.ts'
import type { Script, Step } from './script.ts'

/** What a test can have done. */
export interface Controlled {
  accounts: Map<string, Account>
  up(): Promise<void>
  down(): Promise<void>
}

// What scripted-upstream.ts sends; each order takes some of these.
interface Input {
  account: string
  settings: AccountSettings | undefined
  match: string
  script: Script
  step: Step
  count: number
  outcome: Outcome | undefined
  gate: string
  job: number
  index: number
  name: string
}

type Order = (account: Account, input: Input, signal: AbortSignal) => unknown

/** Answers `POST /_control/{order}`; the answer is what the order returns, as JSON. */
export function createControl({
  accounts,
  up,
  down,
}: Controlled): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const chunks: Buffer[] = []
    // A stream of buffers, since no encoding is set.
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    // The only client is scripted-upstream.ts.
    const input = JSON.parse(Buffer.concat(chunks).toString()) as Input
    const name = request.url?.replace('/_control/', '') ?? ''
    let result: unknown
    if (name === 'up') await up()
    else if (name === 'down') await down()
    else if (name === 'account') setUp(accounts, input)
    else if (name === 'reset') startAnew(accounts, accountOf(accounts, input))
    else result = await orderOf(name)(accountOf(accounts, input), input, gone.signal)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(result ?? null))
  }
}

function setUp(accounts: Map<string, Account>, { account: name, settings }: Input): void {
  if (!/^[a-z0-9-]+$/.test(name)) throw new Error(`"${name}" is no name for an account.`)
  const known = accounts.get(name)
  if (known === undefined) accounts.set(name, new Account(name, settings ?? {}))
  else if (settings !== undefined) known.settings = settings
}

function startAnew(accounts: Map<string, Account>, account: Account): void {
  accounts.set(account.name, new Account(account.name, account.settings))
  account.comfy.dropSockets()
  account.ended.abort()
}

function accountOf(accounts: Map<string, Account>, { account: name }: Input): Account {
  const account = accounts.get(name)
  if (account === undefined) throw new Error(`There is no account "${name}".`)
  return account
}

function orderOf(name: string): Order {
  const order = orders[name]
  if (order === undefined) throw new Error(`There is no order "${name}".`)
  return order
}

function jobOf(account: Account, { job: number }: Input) {
  const job = account.jobs[number - 1]
  if (job === undefined) throw new Error(`There is no job ${number}.`)
  return job
}

const orders: Record<string, Order> = {
  script(account, { match, script }) {
    account.scripts.set(match, script)
    account.advance()
  },
  seen(account, { step, match, count, outcome }, signal) {
    return account.watch(() => {
      const seen = account
        .matching(match)
        .filter((record) => record.step === step)
        .filter((record) =>
          outcome === undefined ? record.outcome !== 'reading' : record.outcome === outcome,
        )
      return seen.length >= count ? seen : undefined
    }, signal)
  },
  open: (account, { gate }) => account.gates.open(gate),
  submissions: (account, { match }) => account.tally(match),
  requests: (account, { match }) => account.matching(match),
  jobs: (account, { match }) => account.jobsMatching(match).map(toRecord),
  output: (account, input) => account.outputs.sha256Of(jobOf(account, input), input.index),
  forget(account, input) {
    const job = jobOf(account, input)
    job.isForgotten = true
    account.comfy.forget(job)
  },
  'restart-comfy': (account) => account.comfy.restart(),
  'drop-sockets': (account) => account.comfy.dropSockets(),
  files: (account) => account.comfy.listFiles(),
  'remove-files': (account, { name }) => account.comfy.removeFiles(name),
}
