import { expect } from 'vitest'
import type { ErrorCode } from '../../../../packages/server/src/contract/errors.ts'
import type { ContractGateway } from '../../../contract/support/use-gateway.ts'
import type { Tenant } from '../../../contract/support/operator.ts'
import { expectError } from '../../../contract/support/expect-error.ts'
import type { ApiAnswer } from '../../../support/api.ts'
import { countJobs } from './database-rows.ts'

/**
 * A generation that was accepted and then refused before any upstream: the answer carries its id
 * and that it costs nothing, the money and the slot are back, and no job was made. Returns the id.
 */
export async function expectRefused(
  gateway: ContractGateway,
  tenant: Tenant & { balanceUsd: number },
  answer: ApiAnswer,
  code: ErrorCode,
  about: Parameters<typeof expectError>[2] = {},
): Promise<string> {
  expectError(answer, code, about)
  const id = answer.headers.get('x-generation-id') ?? ''
  expect(id).toMatch(/^gen_[0-9a-f]{32}$/)
  expect(answer.headers.get('x-billed')).toBe('false')
  expect(await gateway.accountOf(tenant.name)).toEqual({ balance: tenant.balanceUsd, held: 0 })
  expect(await gateway.inFlight(tenant.name)).toBe(0)
  expect(countJobs(gateway.dataDir, id)).toBe(0)
  return id
}

/** A workspace with one dollar. */
export async function addTenant(
  gateway: ContractGateway,
): Promise<Tenant & { balanceUsd: number }> {
  return { ...(await gateway.addTenant({ balanceUsd: 1 })), balanceUsd: 1 }
}
