import { expect, it } from 'vitest'
import { answers, examples } from '../../packages/server/src/contract/generated/examples.ts'
import { recordExamples } from '../../tools/dist/record-examples.js'

it('the examples on the pages are what the server answers now', async () => {
  const recorded = await recordExamples()
  expect(recorded.examples).toEqual(examples)
  expect(recorded.answers).toEqual(answers)
})
