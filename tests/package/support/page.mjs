// The probe as a script without files, environment or output: it leaves a function behind that is
// given the settings.
import * as client from '@filmgate/client'
import { probe } from './probe.cjs'

globalThis.runProbe = (settings) => {
  const options = { apiKey: settings.FILMGATE_API_KEY, baseURL: settings.FILMGATE_BASE_URL }
  return probe(client, { filmgate: new client.Filmgate(options), settings })
}
