import type { TestGateway } from './gateway.ts'
import { recordingFetch } from './traffic.ts'

/** An answer with its body parsed as JSON where it is JSON. */
export interface ApiAnswer {
  status: number
  headers: Headers
  /** Whatever the server sent; tests look at what they assert. */
  // oxlint-disable-next-line typescript/no-explicit-any -- test bodies are asserted, not typed
  body: any
  text: string
}

export interface ApiRequest {
  key?: string | null
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** One recorded request. Uses the live key unless another, or null for none, is given. */
export async function api(
  gateway: Pick<TestGateway, 'baseURL' | 'key'>,
  method: string,
  path: string,
  { key = gateway.key, body, headers = {}, signal }: ApiRequest = {},
): Promise<ApiAnswer> {
  const response = await recordingFetch(`${gateway.baseURL}${path}`, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    redirect: 'manual',
  })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : undefined,
    text,
  }
}

/** Makes an image; any options of the request body. */
export function postImage(
  gateway: Pick<TestGateway, 'baseURL' | 'key'>,
  body: Record<string, unknown> = {},
  options: Omit<ApiRequest, 'body'> = {},
): Promise<ApiAnswer> {
  return api(gateway, 'POST', '/v2/images/generations', {
    ...options,
    body: { model: 'sandbox-image', prompt: 'a red fox', ...body },
  })
}

/** Submits a short, small video; any options of the request body. */
export function postVideo(
  gateway: Pick<TestGateway, 'baseURL' | 'key'>,
  body: Record<string, unknown> = {},
  options: Omit<ApiRequest, 'body'> = {},
): Promise<ApiAnswer> {
  return api(gateway, 'POST', '/v2/videos/generations', {
    ...options,
    body: { model: 'sandbox-video', prompt: 'a red fox', duration: 1, resolution: '480p', ...body },
  })
}

/** Reads a generation until it has ended, waiting on the server's side. */
export async function untilEnded(
  gateway: Pick<TestGateway, 'baseURL' | 'key'>,
  id: string,
  type: 'image' | 'video' = 'video',
  key: string = gateway.key,
): Promise<ApiAnswer> {
  for (;;) {
    const answer = await api(gateway, 'GET', `/v2/${type}s/generations/${id}`, {
      key,
      headers: { prefer: 'wait=30' },
    })
    if (answer.status !== 200 || answer.body.status !== 'pending') return answer
  }
}
