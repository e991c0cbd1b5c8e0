import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** A Chromium of this machine; undefined where there is none. */
export const chromiumPath: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
  .concat(process.env['FILMGATE_CHROMIUM'] ?? [])
  .find((path) => existsSync(path))

/** Starts it, letting films play without a click. Whoever asked closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
  })
}
