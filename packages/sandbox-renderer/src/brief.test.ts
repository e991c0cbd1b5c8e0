import { expect, test } from 'vitest'
import { parseBrief } from './brief.ts'

const read = (prompt: string) => {
  const { hour, weather, place, subjects } = parseBrief(prompt)
  return [hour, weather, place, ...subjects.map(({ icon }) => icon)]
}

test('hour, weather, place and subjects are read from the words of a prompt', () => {
  expect(read('A red fox in a snowy forest at dawn')).toEqual(['dawn', 'snow', 'forest', 'fox'])
  expect(read('a sailing boat on the sea at sunset')).toEqual(['dusk', 'clear', 'sea', 'sailboat'])
  expect(read('neon city street at night in the rain, taxi')).toEqual([
    'night',
    'rain',
    'city',
    'taxi',
  ])
  expect(read('hot air balloons over the desert')).toEqual([
    undefined,
    'clear',
    'desert',
    'balloon',
  ])
})

test('plurals, emoji and some words of other languages name the same subjects', () => {
  expect(read('wolves howling at the moon')).toContain('wolf')
  expect(read('🦊 in the snow')).toContain('fox')
  expect(read('un zorro en el bosque de noche')).toEqual(['night', 'clear', 'forest', 'fox'])
  expect(read('雪の中の狐')).toEqual([undefined, 'snow', 'forest', 'fox'])
})

test('scene words never become subjects, so a morning has one sun', () => {
  expect(parseBrief('sunny morning sky, sunrise, clouds and rain over the sea').subjects).toEqual(
    [],
  )
})

test('a colour word tints the subject that follows it', () => {
  const [car] = parseBrief('a blue car').subjects
  expect(car?.icon).toBe('automobile')
  expect(car?.tint).toEqual([43, 111, 219])
})

test('directives are taken out of the caption and whitespace is folded', () => {
  expect(parseBrief('[[delay ms=5]] a cat\n\n [[server_error times=2]]on   a mat').caption).toBe(
    'a cat on a mat',
  )
})

test('any text is accepted: empty, huge, prototype names, lone surrogates', () => {
  expect(parseBrief('').subjects).toEqual([])
  expect(parseBrief('constructor __proto__ toString hasOwnProperty valueOf').subjects).toEqual([])
  expect(parseBrief('\ud83e \u0000 \u202e').subjects).toEqual([])
  expect(parseBrief('fox '.repeat(20_000)).subjects).toHaveLength(1)
})
