import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A gateway in a process of its own. */
export interface RunningServer {
  baseURL: string
  key: string
  stop(): Promise<void>
}

interface StartOptions {
  bin: string
  dataDir: string
  balanceUsd: string
}

const key = 'sk_live_0000000000000000000000000000000000000000'

/** Starts the built gateway on a free port and resolves when it listens; rejects with its output if it ends before. */
export async function startServer({
  bin,
  dataDir,
  balanceUsd,
}: StartOptions): Promise<RunningServer> {
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0', '--data', dataDir], {
    env: {
      ...process.env,
      FILMGATE_BOOTSTRAP_KEY: key,
      FILMGATE_BOOTSTRAP_BALANCE_USD: balanceUsd,
      FILMGATE_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const baseURL = await new Promise<string>((resolve, reject) => {
    let output = ''
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const address = /listening on (http:\/\/\S+)/.exec(output)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (status) => reject(new Error(`The gateway ended with ${status}: ${output}`)))
  })
  return {
    baseURL,
    key,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
