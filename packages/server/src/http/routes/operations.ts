import { handle } from '../handle.ts'

/** The process is alive. */
export const getHealth = handle('getHealth', async () => ({ status: 200, body: { status: 'ok' } }))

/** The server can take requests; 503 is for load balancers, and the only one there is. */
export const getReadiness = handle('getReadiness', async (_request, services) => {
  const checks = await services.readiness()
  const isReady = Object.values(checks).every((state) => state === 'ok')
  return {
    status: isReady ? 200 : 503,
    body: { status: isReady ? 'ready' : 'not_ready', checks },
  }
})
