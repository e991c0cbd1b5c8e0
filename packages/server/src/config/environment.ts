/** Every environment variable that the gateway reads by itself: for its help and docs/configuration.md. */
export const environmentVariables = {
  FILMGATE_BOOTSTRAP_KEY: 'on an empty database: workspace "default" with this key',
  FILMGATE_BOOTSTRAP_BALANCE_USD: 'and with this balance in USD',
  FILMGATE_PUBLIC_URL: 'address that links in answers begin with; may have a path',
  FILMGATE_SIGNING_SECRET:
    'signs download links; made and kept in the data folder if unset.\nMay hold several: the first signs, links of all of them work',
  FILMGATE_LOG_LEVEL: 'level of the log: debug, info, warn, error or silent',
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads one of them; naming another does not compile, so that none is left out of the docs. */
export function readVariable(
  env: Environment,
  name: keyof typeof environmentVariables,
): string | undefined {
  return env[name]
}
