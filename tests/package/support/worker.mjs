// The probe as a worker of an edge platform: its settings are bindings, and it answers a request.
import * as client from '@filmgate/client'
import { probe } from './probe.cjs'

export default {
  async fetch(_request, settings) {
    const options = { apiKey: settings.FILMGATE_API_KEY, baseURL: settings.FILMGATE_BASE_URL }
    return Response.json(await probe(client, { filmgate: new client.Filmgate(options), settings }))
  },
}
