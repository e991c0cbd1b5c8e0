import type { ServerResponse } from 'node:http'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../packages/server/src/contract/failure.ts'
import {
  defaultSafetyPolicy,
  mergePolicy,
  type SafetyPolicy,
} from '../../packages/server/src/safety/policy.ts'
import { createSafety, findRefusal, type Safety } from '../../packages/server/src/safety/safety.ts'
import { toFailure } from '../../packages/server/src/safety/verdict.ts'
import { anyone } from './support/asker.ts'
import { startCheckService } from './support/check-service.ts'
import { gradient } from './support/made-pictures.ts'

const json = (value: unknown) => (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const moderation = (score: number, flagged: boolean) => ({
  id: 'modr-1',
  model: 'any',
  results: [{ flagged, categories: { violence: flagged }, category_scores: { violence: score } }],
})

const policyWith = (...checks: string[]): SafetyPolicy => ({
  ...defaultSafetyPolicy,
  outputs: true,
  checks,
})

/** A safety with one plug-in of each kind at the same address. */
function safetyAt(url: string, extra: { timeoutMs?: number } = {}): Safety {
  return createSafety(
    {
      moderationEndpoints: [{ name: 'endpoint', url, apiKey: 'k', ...extra }],
      httpClassifiers: [{ name: 'own', url, thresholds: { blood: 0.5 }, ...extra }],
    },
    () => 1000,
  )
}

const picture = async () => ({
  bytes: await gradient(2000, 100).png().toBuffer(),
  mimeType: 'image/png',
})

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  )
  if (error instanceof Failure) return error
  throw new Error(`not a failure: ${String(error)}`)
}

describe('a moderation endpoint', () => {
  test('is asked about the prompt with its key, and its own verdict decides without a threshold', async () => {
    const service = await startCheckService(json(moderation(0.4, true)))
    const safety = safetyAt(service.url)
    const verdicts = await safety.checkPrompt('a quiet harbour', anyone(), policyWith('endpoint'))
    expect(verdicts).toEqual([
      {
        stage: 'prompt',
        check: 'endpoint',
        category: 'violence',
        score: 0.4,
        rule: null,
        refused: true,
        at: 1000,
      },
    ])
    expect(service.asked[0]?.body).toEqual({ input: 'a quiet harbour' })
    expect(service.asked[0]?.headers['authorization']).toBe('Bearer k')
    await safety.close()
    await service.close()
  })

  test('a threshold of the policy wins over its verdict, both ways', async () => {
    const service = await startCheckService(json(moderation(0.4, true)))
    const safety = safetyAt(service.url)
    const at = async (thresholds: Record<string, number>) =>
      findRefusal(
        await safety.checkPrompt(
          'x',
          anyone(),
          mergePolicy(policyWith('endpoint'), { thresholds }),
        ),
      ) !== undefined
    expect(await at({ violence: 0.5 })).toBe(false)
    expect(await at({ violence: 0.3 })).toBe(true)
    expect(await at({ violence: 0.3, 'endpoint:violence': 1.1 })).toBe(false)
    await safety.close()
    await service.close()
  })

  test('gets a small copy of each picture, and the verdict names the position', async () => {
    const service = await startCheckService((response, body) => {
      const isSecond = service.asked.length === 2
      expect(body).toMatchObject({ input: [{ type: 'image_url' }] })
      json(moderation(isSecond ? 0.99 : 0.01, isSecond))(response)
    })
    const safety = safetyAt(service.url)
    const one = await picture()
    const verdicts = await safety.checkImages([one, one], anyone(), policyWith('endpoint'))
    const refusal = findRefusal(verdicts)
    if (refusal === undefined) expect.fail('nothing was refused')
    const failure = toFailure(refusal)
    expect(failure).toMatchObject({ code: 'content_policy_violation', reason: 'image_refused' })
    expect(failure.param).toBe(`images[${refusal.imageIndex}].url`)
    expect(verdicts).toHaveLength(2)
    // The body was checked above to have this form.
    const body = service.asked[0]?.body as { input: { image_url: { url: string } }[] }
    const copy = Buffer.from(body.input[0]?.image_url.url.split(',')[1] ?? '', 'base64')
    expect(await sharp(copy).metadata()).toMatchObject({ format: 'jpeg', width: 1024 })
    await safety.close()
    await service.close()
  })
})

describe('a classifier with the generic protocol', () => {
  test('is sent stage and text or picture, and judged by its thresholds or flags', async () => {
    const service = await startCheckService(
      json({
        categories: [
          { category: 'blood', score: 0.6 },
          { category: 'brand', score: 0.2, flagged: false },
        ],
      }),
    )
    const safety = safetyAt(service.url)
    const prompt = await safety.checkPrompt('a ship', anyone(), policyWith('own'))
    expect(prompt.map(({ category, refused }) => [category, refused])).toEqual([
      ['blood', true],
      ['brand', false],
    ])
    const output = await safety.checkOutputs([await picture()], anyone(), policyWith('own'))
    const refusal = findRefusal(output)
    if (refusal === undefined) expect.fail('nothing was refused')
    expect(toFailure(refusal)).toMatchObject({ reason: 'output_refused', param: 'prompt' })
    expect(service.asked[0]?.body).toEqual({ stage: 'prompt', text: 'a ship' })
    expect(service.asked[1]?.body).toMatchObject({
      stage: 'output',
      image: { mime_type: 'image/jpeg' },
    })
    await safety.close()
    await service.close()
  })
})

describe('a check that cannot judge', () => {
  const garbage: [name: string, answer: (response: ServerResponse) => void][] = [
    ['an error', (response) => response.writeHead(500).end('{}')],
    ['a redirect', (response) => response.writeHead(302, { location: '/' }).end()],
    ['a page', (response) => response.writeHead(200).end('<html>Log in</html>')],
    ['nothing', (response) => response.writeHead(200).end()],
    ['null', json(null)],
    ['a list', json([])],
    ['no results', json({ results: [] })],
    ['a score above one', json(moderation(7, true))],
    [
      'a score as text',
      json({ results: [{ flagged: true, categories: {}, category_scores: { violence: '0.9' } }] }),
    ],
    ['no flag', json({ results: [{ categories: {}, category_scores: { violence: 0.9 } }] })],
    [
      'half a body',
      (response) => {
        response.writeHead(200, { 'content-length': 500 })
        response.write('{"results":', () => response.destroy())
      },
    ],
    ['two megabytes', (response) => response.writeHead(200).end(`"${'x'.repeat(2_000_000)}"`)],
    ['a reset', (response) => response.socket?.resetAndDestroy()],
    ['no answer at all', () => undefined],
    ['half an answer, then nothing', (response) => void response.writeHead(200).write('{')],
  ]

  for (const [name, answer] of garbage) {
    test(`${name}: closed is a retryable server error, open lets through and says so`, async () => {
      const service = await startCheckService(answer)
      const safety = safetyAt(service.url, { timeoutMs: 150 })
      for (const check of ['endpoint', 'own']) {
        const closed = await failureOf(safety.checkPrompt('a ship', anyone(), policyWith(check)))
        expect(closed).toMatchObject({
          code: 'server_error',
          reason: 'safety_unavailable',
          shouldRetry: true,
          param: null,
        })
        expect(closed.message).not.toContain(check)
        expect(closed.note).toContain(`${check}: `)
        const open = await safety.checkPrompt('a ship', anyone(), {
          ...policyWith(check),
          onFailure: 'open',
        })
        expect(open).toMatchObject([{ check, category: 'unavailable', refused: false }])
      }
      await safety.close()
      await service.close()
    })
  }

  test('a service that is not there is unavailable as well', async () => {
    const service = await startCheckService(json({}))
    await service.close()
    const safety = safetyAt(service.url)
    const failure = await failureOf(safety.checkPrompt('a ship', anyone(), policyWith('endpoint')))
    expect(failure.reason).toBe('safety_unavailable')
    await safety.close()
  })

  test('a policy that names a check nobody configured does not pass in silence', async () => {
    const safety = createSafety()
    const failure = await failureOf(safety.checkPrompt('a ship', anyone(), policyWith('gone')))
    expect(failure.note).toContain('gone: no check of this name')
    await safety.close()
  })

  test('a caller that goes away gets its own reason back', async () => {
    const caller = new AbortController()
    const service = await startCheckService(() => caller.abort(new Error('client went away')))
    const safety = safetyAt(service.url)
    const asked = safety.checkPrompt('a ship', anyone(caller.signal), policyWith('endpoint'))
    await expect(asked).rejects.toThrow('client went away')
    await safety.close()
    await service.close()
  })
})

describe('the composition', () => {
  test('what the word rules refuse is sent to nobody', async () => {
    const service = await startCheckService(json(moderation(0, false)))
    const safety = safetyAt(service.url)
    const verdicts = await safety.checkPrompt(
      'a naked woman',
      anyone(),
      policyWith('endpoint', 'prompt-rules'),
    )
    const refusal = findRefusal(verdicts)
    expect(refusal).toMatchObject({ check: 'prompt-rules', category: 'sexual', rule: 'nudity' })
    expect(service.asked).toEqual([])
    await safety.close()
    await service.close()
  })

  test('a refusal stands although another check is down', async () => {
    const service = await startCheckService((response, body) => {
      const isText = JSON.stringify(body).includes('"text"')
      if (isText) json({ categories: [{ category: 'blood', score: 1 }] })(response)
      else response.writeHead(500).end()
    })
    const safety = safetyAt(service.url)
    const verdicts = await safety.checkPrompt('a ship', anyone(), policyWith('endpoint', 'own'))
    expect(verdicts.map(({ category }) => category).toSorted()).toEqual(['blood', 'unavailable'])
    await safety.close()
    await service.close()
  })

  test('a stage that the policy leaves out is not checked', async () => {
    const service = await startCheckService(json(moderation(1, true)))
    const safety = safetyAt(service.url)
    const policy = { ...policyWith('endpoint'), prompt: false, images: false, outputs: false }
    expect(await safety.checkPrompt('naked', anyone(), policy)).toEqual([])
    expect(await safety.checkImages([await picture()], anyone(), policy)).toEqual([])
    expect(await safety.checkOutputs([await picture()], anyone(), policy)).toEqual([])
    expect(service.asked).toEqual([])
    await safety.close()
    await service.close()
  })

  test('a clean prompt leaves one line in the trail, without the prompt', async () => {
    const safety = createSafety({}, () => 5)
    expect(await safety.checkPrompt('a fox in the snow', anyone())).toEqual([
      {
        stage: 'prompt',
        check: 'prompt-rules',
        category: 'none',
        score: 0,
        rule: null,
        refused: false,
        at: 5,
      },
    ])
    await safety.close()
  })

  test('a workspace changes single settings and keeps the rest', () => {
    const own = mergePolicy(
      { ...defaultSafetyPolicy, thresholds: { sexual: 0.7, hate: 0.6 } },
      { outputs: true, thresholds: { hate: 2 } },
    )
    expect(own).toEqual({
      ...defaultSafetyPolicy,
      outputs: true,
      thresholds: { sexual: 0.7, hate: 2 },
    })
  })

  test('two checks of one name are a mistake that is told at the start', () => {
    const entry = { name: 'prompt-rules', url: 'http://127.0.0.1/' }
    expect(() => createSafety({ httpClassifiers: [entry] })).toThrow('two safety checks')
  })
})
