import type { ServerResponse } from 'node:http'
import { startCheckService, type CheckService } from '../../support/check-service.ts'
import { magenta, shareOf } from './colours.ts'

/** What the judges below refuse in a prompt; no word rule knows it. */
export const forbiddenWord = 'zorblax'

/** An HTTP classifier that looks: it flags pictures with magenta, and prompts with the word. */
export function startClassifier(): Promise<CheckService> {
  return startCheckService((response, body) => {
    // The protocol of docs/safety.md.
    const { text, image } = body as { text?: string; image?: { data: string } }
    void isFlagged(text, image?.data).then((flagged) =>
      sendJson(response, {
        categories: [{ category: 'violence', score: score(flagged), flagged }],
      }),
    )
  })
}

/** The same judge with the form of the common moderation endpoint. */
export function startModerations(): Promise<CheckService> {
  return startCheckService((response, body) => {
    const { input } = body as { input: string | { image_url: { url: string } }[] }
    const [text, url] =
      typeof input === 'string' ? [input, undefined] : [undefined, input[0]?.image_url.url]
    void isFlagged(text, url?.split(',')[1]).then((flagged) =>
      sendJson(response, {
        id: 'modr-1',
        model: 'any',
        results: [
          {
            flagged,
            categories: { violence: flagged },
            category_scores: { violence: score(flagged) },
          },
        ],
      }),
    )
  })
}

async function isFlagged(text: string | undefined, base64: string | undefined): Promise<boolean> {
  if (text !== undefined) return text.includes(forbiddenWord)
  return (await shareOf(magenta, Buffer.from(base64 ?? '', 'base64'))) > 0.01
}

const score = (flagged: boolean) => (flagged ? 0.97 : 0.02)

export function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
