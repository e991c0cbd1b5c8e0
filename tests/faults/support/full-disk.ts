import { execFileSync, spawnSync } from 'node:child_process'

/** Why a full disk cannot be played here; undefined if it can. */
export function noFullDisk(): string | undefined {
  const { error } = spawnSync('prlimit', ['--version'])
  return error === undefined ? undefined : 'prlimit (util-linux) is not installed'
}

/**
 * Makes every write that would make a file of this process longer than `bytes` fail, as a full
 * disk does, until it is lifted. Node ignores the signal that comes with it, so the writer sees an
 * error, and no other process sees anything.
 */
export function limitFileSize(pid: number | undefined, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`])
}
