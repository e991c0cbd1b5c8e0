/** The flags of a start. */
export interface ConfigFlags {
  host: string
  port: string
  data: string
  config?: string | undefined
}

/** The flags that have one, as they are when left out. */
export const defaultFlags = { host: '127.0.0.1', port: '4700', data: './data' }
