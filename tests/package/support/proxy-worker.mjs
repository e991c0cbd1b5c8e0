// The proxy as a worker of an edge platform, which cannot ask itself over the network: the probe hands
// it its requests.
import { createProxy } from '@filmgate/client/proxy'
import { options, probeProxy } from './proxy-probe.mjs'

export default {
  async fetch(_request, settings, context) {
    const [apiKey, baseURL] = [settings.FILMGATE_API_KEY, settings.FILMGATE_BASE_URL]
    const proxy = createProxy({ ...options, apiKey, baseURL })
    const ask = (url, init) => proxy(new Request(url, init), context)
    return Response.json(await probeProxy('https://site.example/films', ask))
  },
}
