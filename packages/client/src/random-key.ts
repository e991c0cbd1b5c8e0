/** 32 hexadecimal digits that nobody else has. */
export function randomKey(): string {
  // Not crypto.randomUUID: browsers have that on https pages only, and a gateway at home has none.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
