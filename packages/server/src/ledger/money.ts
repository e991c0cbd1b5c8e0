/** Micro-dollars in one dollar. All sums are whole micro-dollars. */
export const microsPerDollar = 1_000_000

/** Dollars as a JSON number, for prices and costs. */
export function toDollars(micros: number): number {
  return micros / microsPerDollar
}

/** Dollars as a decimal string with 2 to 6 places: `12.34`, `0.000001`. */
export function formatDollars(micros: number): string {
  const sign = micros < 0 ? '-' : ''
  const whole = Math.floor(Math.abs(micros) / microsPerDollar)
  const fraction = String(Math.abs(micros) % microsPerDollar).padStart(6, '0')
  return `${sign}${whole}.${fraction.replace(/0{1,4}$/, '')}`
}

/** A decimal string of dollars as micro-dollars; undefined if it is not one, or finer than a micro-dollar. */
export function parseDollars(text: string): number | undefined {
  const match = /^(-?)(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.trim())
  if (match === null) return undefined
  const [, sign, whole = '0', fraction = ''] = match
  const micros = Number(whole) * microsPerDollar + Number(fraction.padEnd(6, '0'))
  return sign === '-' ? -micros : micros
}
