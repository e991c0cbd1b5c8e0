import type { Adapter } from './adapter.ts'
import type { AdapterName } from './adapter-names.ts'
import { comfyuiAdapter } from './comfyui/index.ts'
import { falAdapter } from './fal/index.ts'
import { openaiCompatibleAdapter } from './openai-compatible/index.ts'

/** Every adapter by its name. Nothing else names one. */
export const adapters: Readonly<Record<AdapterName, Adapter>> = {
  comfyui: comfyuiAdapter,
  fal: falAdapter,
  'openai-compatible': openaiCompatibleAdapter,
}
