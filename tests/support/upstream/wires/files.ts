import { indexOf } from '../outputs.ts'
import { file, type Wire } from './wire.ts'

/** `/files/{job}/{index}.{format}`: where openai and fal keep what they hand out as addresses. No key is asked for. */
export const files: Wire = {
  stepOf: () => 'download',
  find({ account, path: [number] }) {
    const job = account.jobs[Number(number) - 1]
    return job === undefined ? {} : { job }
  },
  async answer(call, job) {
    const index = indexOf(call.path[1] ?? '')
    if (job === undefined) return { status: 404, headers: {}, body: Buffer.alloc(0) }
    return file(call, await call.account.outputs.deliver(job, index))
  },
}
