import { hate, weapons } from './terms/hate-and-weapons.ts'
import { people, youngAges } from './terms/people.ts'
import { sexual, sexualContexts } from './terms/sexual.ts'
import { violence } from './terms/violence.ts'

/** Every list of terms by name. */
export const termLists = {
  ...people,
  youngAge: youngAges,
  ...sexual,
  ...sexualContexts,
  ...violence,
  ...hate,
  ...weapons,
}

export type ListName = keyof typeof termLists

/** What the prompt rules can refuse for. The names are those of the common moderation endpoints. */
export const promptCategories = [
  'sexual/minors',
  'sexual',
  'violence/graphic',
  'hate',
  'illicit/violent',
  'self-harm',
] as const

export type PromptCategory = (typeof promptCategories)[number]

/** One reason for suspicion. Weights of one category add up like independent chances. */
export interface Rule {
  /** Stands in the audit trail. */
  name: string
  category: PromptCategory
  weight: number
  /** A hit in any of these lists starts the rule. */
  any: readonly ListName[]
  /** Needed nearby as well: a hit in any of these lists, at most `within` words away. */
  near?: readonly ListName[]
  within?: number
  /** The neighbour has to come after. */
  followed?: boolean
  /** Needed between the two. */
  between?: ListName
  /** A hit in one of these lists nearby halves the weight. */
  softenedBy?: readonly ListName[]
  /** How many different terms count; more of the same say more for weak rules. */
  counts?: number
}

const art = ['art', 'medical', 'colour'] as const

export const rules: readonly Rule[] = [
  {
    name: 'minor-and-sexual',
    category: 'sexual/minors',
    weight: 0.98,
    any: ['minor', 'youngAge'],
    near: ['explicit', 'nudity', 'bareWord', 'suggestive', 'xxx'],
    within: 20,
    // Nothing else softens this one: not art, not medicine.
    softenedBy: ['colour', 'education'],
  },
  {
    name: 'explicit',
    category: 'sexual',
    weight: 0.95,
    any: ['explicit'],
    softenedBy: ['medical', 'education'],
  },
  {
    name: 'nudity',
    category: 'sexual',
    weight: 0.85,
    any: ['nudity'],
    softenedBy: [...art, 'hairless'],
  },
  { name: 'bird-word', category: 'sexual', weight: 0.9, any: ['birdWords'], softenedBy: ['birds'] },
  { name: 'xxx', category: 'sexual', weight: 0.9, any: ['xxx'], softenedBy: ['numbering'] },
  {
    name: 'undressing',
    category: 'sexual',
    weight: 0.85,
    any: ['undressing'],
    near: ['garment'],
    within: 2,
    followed: true,
    softenedBy: ['colour', 'laundry'],
  },
  {
    name: 'bare-person',
    category: 'sexual',
    weight: 0.85,
    any: ['bareWord'],
    near: ['person'],
    within: 2,
    softenedBy: art,
  },
  { name: 'suggestive', category: 'sexual', weight: 0.3, any: ['suggestive'], counts: 3 },
  { name: 'hinting', category: 'sexual', weight: 0.6, any: ['hinting'], counts: 2 },
  { name: 'mild', category: 'sexual', weight: 0.15, any: ['mild'], counts: 2 },
  {
    name: 'gore',
    category: 'violence/graphic',
    weight: 0.85,
    any: ['gore'],
    softenedBy: ['fiction', 'medical'],
  },
  {
    name: 'maiming',
    category: 'violence/graphic',
    weight: 0.85,
    any: ['bodyPart'],
    near: ['destroyed'],
    within: 2,
    softenedBy: ['fiction', 'medical'],
  },
  { name: 'injury', category: 'violence/graphic', weight: 0.45, any: ['injury'], counts: 2 },
  { name: 'dead-body', category: 'violence/graphic', weight: 0.4, any: ['dead'] },
  { name: 'blood', category: 'violence/graphic', weight: 0.35, any: ['blood'] },
  { name: 'much-blood', category: 'violence/graphic', weight: 0.45, any: ['muchBlood'] },
  {
    name: 'hateful-words',
    category: 'hate',
    weight: 0.95,
    any: ['hateful'],
    softenedBy: ['history'],
  },
  {
    name: 'call-to-kill',
    category: 'hate',
    weight: 0.95,
    any: ['callToKill'],
    near: ['group'],
    within: 2,
  },
  {
    name: 'dehumanising',
    category: 'hate',
    weight: 0.9,
    any: ['group'],
    near: ['dehumanising'],
    within: 8,
    softenedBy: ['history'],
  },
  {
    name: 'belittling',
    category: 'hate',
    weight: 0.85,
    any: ['group'],
    near: ['belittling'],
    within: 4,
    between: 'copula',
    softenedBy: ['history'],
  },
  {
    name: 'praise-of-nazis',
    category: 'hate',
    weight: 0.85,
    any: ['nazi'],
    near: ['praise'],
    within: 6,
    softenedBy: ['history'],
  },
  { name: 'nazi', category: 'hate', weight: 0.3, any: ['nazi'], softenedBy: ['history'] },
  {
    name: 'weapon-how-to',
    category: 'illicit/violent',
    weight: 0.9,
    any: ['device'],
    near: ['howTo'],
    within: 15,
    softenedBy: ['harmless'],
  },
  {
    name: 'forbidden-firearm',
    category: 'illicit/violent',
    weight: 0.85,
    any: ['firearm'],
    near: ['conversion'],
    within: 4,
    softenedBy: ['harmless'],
  },
  { name: 'weapon', category: 'illicit/violent', weight: 0.3, any: ['device'] },
  {
    name: 'self-injury',
    category: 'self-harm',
    weight: 0.9,
    any: ['selfInjury'],
    softenedBy: ['help'],
  },
  {
    name: 'suicide-in-detail',
    category: 'self-harm',
    weight: 0.85,
    any: ['suicide'],
    near: ['selfHarmDetail'],
    within: 8,
    softenedBy: ['help'],
  },
  { name: 'suicide', category: 'self-harm', weight: 0.5, any: ['suicide'], softenedBy: ['help'] },
]

/** How far away surroundings still change the meaning of a word. */
export const contextWithin = 6
