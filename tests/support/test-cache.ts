import { fileURLToPath } from 'node:url'

/**
 * What tests fetch once and keep: runtimes, the packages of the image classifier. Outside
 * node_modules, which `npm ci` empties; FILMGATE_TEST_CACHE names another folder, to share it.
 */
export const testCache =
  process.env['FILMGATE_TEST_CACHE'] ?? fileURLToPath(new URL('../../.cache/', import.meta.url))
