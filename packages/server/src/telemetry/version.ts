import { readFileSync } from 'node:fs'

/** The version of this package. */
export const version: string = readVersion()

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  // The package's own file, published with it.
  return (JSON.parse(text) as { version: string }).version
}
