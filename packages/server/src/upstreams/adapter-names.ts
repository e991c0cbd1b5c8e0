/** The adapters of this server, as the configuration names them. */
export const adapterNames = ['comfyui', 'fal', 'openai-compatible'] as const
export type AdapterName = (typeof adapterNames)[number]
