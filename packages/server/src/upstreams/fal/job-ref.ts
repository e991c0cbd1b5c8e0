import type { GenerationType } from '../../contract/generations.ts'
import type { Json, UpstreamRef } from '../upstream.ts'
import { fieldsOf } from './values.ts'

/** Which of our fields each field of the request was made of; a list where it holds several images. */
export type FieldMap = Readonly<Record<string, string | readonly string[]>>

/** How soon a job is worth another look. */
export const pollEveryMs: Readonly<Record<GenerationType, number>> = { image: 500, video: 2000 }

/** A job as the queue knows it. */
export interface QueuedJob {
  id: string
  type: GenerationType
  /** Where its state, its result and its cancelling are asked for. */
  urls: { status: string; result: string; cancel: string }
  fields: FieldMap
}

/** What is kept of a job; its addresses are those of the answer where they are fal's own. */
export function toRef(
  answer: unknown,
  job: { id: string; type: GenerationType; endpoint: string; fields: FieldMap },
  baseUrl: string,
): UpstreamRef {
  const { status_url: status, response_url: result, cancel_url: cancel } = fieldsOf(answer)
  const built = buildUrls(baseUrl, toApp(job.endpoint), job.id)
  return {
    id: job.id,
    extra: {
      app: toApp(job.endpoint),
      type: job.type,
      status: ownUrl(status, baseUrl) ?? built.status,
      result: ownUrl(result, baseUrl) ?? built.result,
      cancel: ownUrl(cancel, baseUrl) ?? built.cancel,
      fields: toJson(job.fields),
    },
  }
}

/** Reads a reference; addresses are built anew if the upstream has been moved since. */
export function parseRef({ id, extra }: UpstreamRef, baseUrl: string): QueuedJob {
  const { app, type, status, result, cancel, fields } = fieldsOf(extra)
  const built = buildUrls(baseUrl, String(app), id)
  return {
    id,
    type: type === 'video' ? 'video' : 'image',
    urls: {
      status: ownUrl(status, baseUrl) ?? built.status,
      result: ownUrl(result, baseUrl) ?? built.result,
      cancel: ownUrl(cancel, baseUrl) ?? built.cancel,
    },
    // Written by toRef.
    fields: fieldsOf(fields) as FieldMap,
  }
}

/** Whether a text can be a job's id and part of an address. */
export function isJobId(value: unknown): value is string {
  return typeof value === 'string' && /^\w[\w.-]{0,199}$/u.test(value)
}

// The queue knows owner and app only, and what a few names have before both.
function toApp(endpoint: string): string {
  const parts = endpoint.split('/')
  return parts.slice(0, ['workflows', 'comfy'].includes(parts[0] ?? '') ? 3 : 2).join('/')
}

function buildUrls(baseUrl: string, app: string, id: string): QueuedJob['urls'] {
  const result = `${baseUrl}/${app}/requests/${encodeURIComponent(id)}`
  return { status: `${result}/status`, result, cancel: `${result}/cancel` }
}

// The key goes with the request, so an address counts only on the origin that the operator named.
function ownUrl(value: unknown, baseUrl: string): string | undefined {
  if (typeof value !== 'string' || value.length > 2000 || !URL.canParse(value)) return undefined
  const url = new URL(value)
  const isOwn = url.origin === new URL(baseUrl).origin && url.username === '' && url.password === ''
  return isOwn ? url.href : undefined
}

function toJson(fields: FieldMap): Json {
  return Object.fromEntries(
    Object.entries(fields).map(([key, ours]) => [key, typeof ours === 'string' ? ours : [...ours]]),
  )
}
