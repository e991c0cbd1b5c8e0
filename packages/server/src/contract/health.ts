import Type from 'typebox'

/** Answer of GET /healthz. */
export const Health = Type.Object({ status: Type.Enum(['ok']) }, { additionalProperties: false })

/** Answer of GET /readyz; with status 503 when something is not ready. */
export const Readiness = Type.Object(
  {
    status: Type.Enum(['ready', 'not_ready']),
    checks: Type.Record(Type.String(), Type.Enum(['ok', 'failing'])),
  },
  { additionalProperties: false },
)
