// Generated from the contract by tools/generate.ts. Do not edit.

/** The version of this package. */
export const version = '0.1.0'
