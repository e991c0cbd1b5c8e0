import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

/** Serves a worker with workerd, asks it once, and gives what it answers. */
export async function askWorker(
  workerd: string,
  file: string,
  settings: Record<string, string>,
): Promise<unknown> {
  const config = join(dirname(file), 'workerd.capnp')
  await writeFile(config, configOf(basename(file), settings))
  // It tells on the fourth descriptor which port it got.
  const child = spawn(workerd, ['serve', config, '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const ended = once(child, 'exit')
  try {
    // The descriptor was asked for as a pipe, so it is a stream that can be read.
    const response = await fetch(`http://127.0.0.1:${await portOf(child.stdio[3] as Readable)}/`)
    if (response.ok) return await response.json()
    throw new Error(`workerd answered ${response.status}: ${await response.text()}`)
  } finally {
    child.kill()
    await ended
  }
}

// Private addresses are closed to a worker unless its outgoing network names them.
function configOf(file: string, settings: Record<string, string>): string {
  const bindings = Object.entries(settings).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  )
  return `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "probe", worker = .probe),
        (name = "outside", network = (allow = ["public", "private"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "probe")],
    );
    const probe :Workerd.Worker = (
      modules = [(name = "probe", esModule = embed ${JSON.stringify(file)})],
      bindings = [${bindings.join(', ')}],
      globalOutbound = "outside",
      compatibilityDate = "2026-01-01",
    );`
}

async function portOf(control: Readable): Promise<number> {
  let text = ''
  for await (const chunk of control) {
    text += String(chunk)
    const port = /"event":\s*"listen".*"port":\s*(\d+)/.exec(text)?.[1]
    if (port) return Number(port)
  }
  throw new Error(`workerd ended before it listened: ${text}`)
}
