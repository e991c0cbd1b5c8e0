import { Answer, type Exchange } from './answer.ts'
import { startCall, type CallOptions, type Settings } from './call.ts'
import type { GenerationList, ListedGeneration, ListGenerationsQuery } from './generated/types.ts'
import { send } from './send.ts'

/** A page of generations, newest first. Iterating it goes on through the pages after it. */
export class GenerationPage implements GenerationList, AsyncIterable<ListedGeneration> {
  readonly data: ListedGeneration[]
  readonly has_more: boolean
  readonly #next: () => Promise<GenerationPage | undefined>

  /** Made by `generations.list`. */
  constructor(list: GenerationList, next: () => Promise<GenerationPage | undefined>) {
    this.data = list.data
    this.has_more = list.has_more
    this.#next = next
  }

  /** The page after this one; undefined after the last. */
  getNextPage(): Promise<GenerationPage | undefined> {
    return this.#next()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ListedGeneration, void, undefined> {
    yield* this.data
    let page = await this.getNextPage()
    for (; page; page = await page.getNextPage()) yield* page.data
  }
}

/** A promise of the first page, and the items of all pages when it is iterated. */
export class PageAnswer extends Answer<GenerationPage> implements AsyncIterable<ListedGeneration> {
  async *[Symbol.asyncIterator](): AsyncGenerator<ListedGeneration, void, undefined> {
    yield* await this
  }
}

/** Lists generations. Each page is a call of its own, with the time and retries of one. */
export async function page(
  settings: Settings,
  query: ListGenerationsQuery,
  options: CallOptions | undefined,
): Promise<Exchange<GenerationPage>> {
  const exchange = await send(startCall(settings, options), {
    method: 'GET',
    path: '/v2/generations',
    query,
    isExpected: (data) => Array.isArray((data as { data?: unknown }).data),
  })
  // Its items are taken on the contract's word.
  const list = exchange.data as GenerationList
  const next = async (): Promise<GenerationPage | undefined> => {
    const after = list.data.at(-1)?.id
    // A list that does not advance has no end.
    if (!list.has_more || after === undefined || after === query.after) return undefined
    return (await page(settings, { ...query, after }, options)).data
  }
  return { ...exchange, data: new GenerationPage(list, next) }
}
