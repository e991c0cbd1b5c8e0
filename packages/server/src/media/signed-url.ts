import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SigningSecrets } from './signing-secret.ts'

/** Makes and checks download links. */
export interface UrlSigner {
  /** Absolute address of a file, valid until `expiresAt` (milliseconds, rounded down to seconds). */
  sign(file: { generationId: string; position: number; expiresAt: number }): string
  /** Whether a link is ours and has not expired. */
  isValid(link: { generationId: string; position: string; exp: string; sig: string }): boolean
}

/**
 * Links are HMAC-SHA256 over id, position and expiry; anybody who has one may use it until then. The
 * first secret signs; links of the others, which came before it, are as good.
 */
export function createUrlSigner({
  publicUrl,
  secrets,
  clock,
}: {
  publicUrl: () => string
  secrets: SigningSecrets
  clock: () => number
}): UrlSigner {
  const signatureOf = (secret: string, generationId: string, position: string, exp: string) =>
    createHmac('sha256', secret).update(`${generationId}/${position}/${exp}`).digest('base64url')
  return {
    sign({ generationId, position, expiresAt }) {
      const exp = String(Math.floor(expiresAt / 1000))
      const sig = signatureOf(secrets[0], generationId, String(position), exp)
      return `${publicUrl()}/v2/downloads/${generationId}/${position}?exp=${exp}&sig=${sig}`
    },
    isValid({ generationId, position, exp, sig }) {
      if (!/^\d{1,12}$/.test(exp) || Number(exp) * 1000 <= clock()) return false
      const actual = Buffer.from(sig)
      return secrets.some((secret) => {
        const expected = Buffer.from(signatureOf(secret, generationId, position, exp))
        return expected.byteLength === actual.byteLength && timingSafeEqual(expected, actual)
      })
    },
  }
}
