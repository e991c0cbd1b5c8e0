import type { Adapter } from '../adapter.ts'
import { mayBill } from './billing.ts'
import { download } from './download.ts'
import { capabilities, parseRoute } from './settings.ts'
import { submit } from './submit.ts'

/** Servers that speak OpenAI's images API: OpenAI itself, LocalAI, vLLM-Omni, SGLang, stable-diffusion.cpp. */
export const openaiCompatibleAdapter: Adapter = {
  name: 'openai-compatible',
  needsCredential: false,
  parseRoute,
  capabilities,
  create(settings) {
    return {
      name: settings.name,
      submitTimeoutMs: 10 * 60_000,
      listingDelayMs: 0,
      submit: (job, _, call) => submit(settings, job, call),
      // The answer to the submission is the only one: nothing can be asked afterwards.
      poll: () =>
        Promise.resolve({ kind: 'unknown_job', billed: mayBill(settings) ? 'unknown' : 'no' }),
      cancel: () => Promise.resolve('too_late'),
      download: (source, call) => download(settings, source, call),
      // The clients belong to whoever made them.
      close: () => Promise.resolve(),
    }
  },
}
