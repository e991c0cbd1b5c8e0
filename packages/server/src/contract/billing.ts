import Type, { type Static } from 'typebox'
import { Instant } from './common.ts'

/** Answer of GET /v2/billing/balance. */
export const Balance = Type.Object(
  {
    balance: Type.String({
      pattern: '^-?\\d+\\.\\d{2,6}$',
      description:
        'Spendable US dollars, as a decimal string; what running generations hold is already subtracted.',
      examples: ['12.34'],
    }),
    currency: Type.Enum(['USD']),
  },
  { additionalProperties: false },
)
export type Balance = Static<typeof Balance>

/** Query of GET /v2/billing/costs. */
export const CostsQuery = Type.Object(
  {
    start: Type.String({ description: 'Start, ISO 8601 with a zone.' }),
    end: Type.String({
      description: 'End, ISO 8601 with a zone; after start, at most 180 days later.',
    }),
  },
  { additionalProperties: false },
)
export type CostsQuery = Static<typeof CostsQuery>

/** Answer of GET /v2/billing/costs: one bucket for each UTC date. */
export const Costs = Type.Object(
  {
    currency: Type.Enum(['USD']),
    start: Instant,
    end: Instant,
    total_cost: Type.Number({ minimum: 0 }),
    data: Type.Array(
      Type.Object(
        {
          date: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
          cost: Type.Number({ minimum: 0 }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)
export type Costs = Static<typeof Costs>
