import ipaddr from 'ipaddr.js'
import type { UpstreamSettings } from '../adapter.ts'

/**
 * Whether anybody is billed there: an account needs a key, and a machine of the operator's own does
 * not write bills. Says yes where it cannot be told.
 */
export function mayBill({
  baseUrl,
  credential,
}: Pick<UpstreamSettings, 'baseUrl' | 'credential'>): boolean {
  return credential !== undefined && !isOwnMachine(new URL(baseUrl).hostname)
}

const ownNames = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa)$/u

function isOwnMachine(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/gu, '').replace(/\.$/u, '')
  if (ipaddr.isValid(host)) return ipaddr.process(host).range() !== 'unicast'
  // A name without a dot is found in the network of whoever asks.
  return !host.includes('.') || ownNames.test(host)
}
