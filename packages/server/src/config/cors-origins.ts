import { StartupError } from '../storage/startup-error.ts'

/** `*` for all pages, or the origins that are listed. */
export type CorsOrigins = '*' | readonly string[]

// As browsers send it: scheme, host in small letters, port where it is not the usual one.
const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/\s,*?#A-Z]+$/

/** Checks `cors_origins`; throws StartupError that names the entry and the nearest right one. */
export function parseCorsOrigins(value: string | readonly string[], where: string): CorsOrigins {
  if (value === '*') return '*'
  if (typeof value === 'string') {
    throw new StartupError(`${where} must be "*" or a list, such as ["${nearest(value)}"].`)
  }
  for (const each of value) {
    if (each === '*') {
      throw new StartupError(`${where} lists "*". To allow all origins, write "*" without a list.`)
    }
    if (!isOrigin(each)) {
      throw new StartupError(
        `${where} must list origins, such as ${nearest(each)}, and has ${each}.`,
      )
    }
  }
  return value
}

function isOrigin(text: string): boolean {
  if (!origin.test(text) || !URL.canParse(text)) return false
  // Schemes of apps, such as capacitor://localhost, have no origin in this sense.
  const { origin: exact } = new URL(text)
  return exact === 'null' || exact === text
}

function nearest(text: string): string {
  const exact = URL.canParse(text) ? new URL(text).origin : 'null'
  return exact === 'null' ? 'https://app.example.com' : exact
}
