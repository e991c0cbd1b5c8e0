/** A request to be shown as a command. */
export interface CurlRequest {
  publicUrl: string
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body?: unknown
}

/** The request as a curl command that a reader can paste. `$NAMES` in headers are left for the shell to fill. */
export function curl({ publicUrl, method, path, headers, body }: CurlRequest): string {
  const target = quoteIfNeeded(`${publicUrl}${path}`)
  // curl makes a POST of every request with a body.
  const flag = method === 'GET' || (method === 'POST' && body !== undefined) ? '' : `-X ${method} `
  const lines = [`curl ${flag}${target}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`-H "${name}: ${value}"`)
  if (body !== undefined && body !== null)
    lines.push(`-d ${singleQuote(prettyJson(body))}`.replaceAll('\n', '\n  '))
  return lines.join(' \\\n  ')
}

/** JSON as a person would write it: two spaces, and short lists on one line. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /\[\n\s+([^[\]{}]{1,60}?)\n\s+\]/g,
    (_, items: string) => `[${items.replace(/\n\s+/g, ' ')}]`,
  )
}

function quoteIfNeeded(address: string): string {
  return /[?&$;' ]/.test(address) ? singleQuote(address) : address
}

function singleQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
