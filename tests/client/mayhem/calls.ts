import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CreateOptions, Filmgate } from '../../../packages/client/src/index.ts'
import { fileOf } from './files.ts'
import type { CallRecord } from './record.ts'
import { badStream } from './streams.ts'

/** What a call needs. */
export interface Caller {
  client: Filmgate
  record: CallRecord
  options: CreateOptions
  baseURL: string
  folder: string
}

/** A kind of call: makes it, and throws a WrongValue when it gives what was not asked for. */
export type Kind = (caller: Caller) => Promise<unknown>

const params = ({ record }: Caller) => ({ model: 'm', prompt: `a fox, ${record.tag}` })
const known = ({ record }: Caller): string => `gen_${record.tag}_0`

/** The kinds of calls. */
export const kinds: Record<string, Kind> = {
  async image(caller) {
    const { client, options } = caller
    return completed(await client.images.generate(params(caller), options))
  },
  async film(caller) {
    const { client, options } = caller
    return completed(await client.videos.generate(params(caller), options))
  },
  async watchedFilm(caller) {
    const { client, options } = caller
    const watching = { ...options, onProgress: () => {} }
    return completed(await client.videos.generate(params(caller), watching))
  },
  async create(caller) {
    const { client, options, record } = caller
    const api = record.chance.is(0.5) ? client.images : client.videos
    return named(await api.generations.create(params(caller), options))
  },
  async retrieve(caller) {
    const { client, options } = caller
    return ofId(caller, await client.videos.generations.retrieve(known(caller), options))
  },
  async wait(caller) {
    const { client, options, record } = caller
    const type = record.chance.is(0.5) ? { type: 'video' as const } : {}
    return ofId(caller, await client.generations.wait(known(caller), { ...options, ...type }))
  },
  async cancel(caller) {
    const { client, options } = caller
    return ofId(caller, await client.videos.generations.cancel(known(caller), options))
  },
  async list(caller) {
    const { client, options } = caller
    const list = await client.generations.list({ after: caller.record.tag }, options)
    return ofId(caller, list.data[0])
  },
  async quote(caller) {
    const { client, options } = caller
    const { usage } = await client.videos.quote(params(caller), options)
    return check(usage.total_cost === 0.04, usage)
  },
  async blob(caller) {
    const { client, options } = caller
    const blob = await client.download(linkOf(caller), undefined, options)
    return exact(caller, Buffer.from(await blob.arrayBuffer()))
  },
  async stream(caller) {
    const { client, options, record } = caller
    const chunks: Uint8Array[] = []
    const stream = badStream(record, (chunk) => chunks.push(chunk))
    await client.download(linkOf(caller), stream, options)
    return exact(caller, Buffer.concat(chunks))
  },
  async file(caller) {
    const { client, options, record, folder } = caller
    record.isSlow = true
    const path = join(folder, record.tag)
    await client.download(linkOf(caller), path, options)
    const bytes = await readFile(path)
    await rm(path)
    return exact(caller, bytes)
  },
}

/** The link to the file of a call. */
export function linkOf({ baseURL, record }: Caller): string {
  return `${baseURL}/files/${record.tag}`
}

/** That a call gave what was not asked for. */
export class WrongValue extends Error {}

/** Gives the value if it is right. */
export function check(isRight: boolean, value: unknown): unknown {
  if (isRight) return value
  throw new WrongValue(`It gave ${JSON.stringify(value)?.slice(0, 200)}`)
}

function completed(value: { id: string; status: string; data: unknown }): unknown {
  return check(value.status === 'completed' && Array.isArray(value.data), value)
}

function named(value: { id: string }): unknown {
  return check(value.id.startsWith('gen_'), value)
}

function ofId(caller: Caller, value: { id: string } | undefined): unknown {
  return check(value?.id === known(caller), value)
}

/** Gives the bytes if they are those of one version of the file. */
export function exact({ record }: Caller, bytes: Buffer): unknown {
  const { versions } = fileOf(record)
  return check(versions.includes(bytes.toString('latin1')), { length: bytes.length })
}
