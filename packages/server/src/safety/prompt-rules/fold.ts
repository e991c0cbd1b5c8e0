/**
 * Brings text to one plain spelling, so that a word and its disguises look alike: compatibility
 * forms (full width, mathematical, circled), case, accents, invisible characters. Linear in the
 * length of the text. The word lists go through the same function, so they match what it makes.
 */
export function fold(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase()
  const plain = text
    .replace(longLigature, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(ignorable, '')
  let folded = ''
  for (const character of plain) folded += foldCharacter(character)
  return folded
}

// Zero-width and direction marks, soft hyphens, variation selectors, tags: nothing that shows.
const ignorable = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu
// Two Arabic signs that stand for whole phrases: eighteen letters each, which would make long work
// of a prompt full of them.
const longLigature = /[\ufdfa\ufdfb]/g
const mark = /^\p{M}$/u

const folded = new Map<string, string>()

function foldCharacter(character: string): string {
  if (character <= '\x7f') return character
  let plain = folded.get(character)
  if (plain === undefined) {
    plain = toPlain(character)
    // Bounded by the number of characters in Unicode, but there is no use in keeping rare ones.
    if (folded.size < 4096) folded.set(character, plain)
  }
  return plain
}

function toPlain(character: string): string {
  const special = specials.get(character)
  if (special !== undefined) return special
  if (mark.test(character)) return ''
  const code = character.codePointAt(0) ?? 0
  const enclosed = enclosedAlphabets.find(([first]) => code >= first && code < first + 26)
  if (enclosed !== undefined) return String.fromCharCode(97 + code - enclosed[0])
  // Accents come off Latin, Greek and Cyrillic letters. In other scripts they make the letter.
  if (code < 0x0530 || (code >= 0x1e00 && code < 0x2000)) {
    return character.normalize('NFD').replace(/\p{M}/gu, '')
  }
  return character
}

// Alphabets that compatibility normalisation leaves alone: white on black, and flag letters.
const enclosedAlphabets: readonly [first: number][] = [[0x1f150], [0x1f170], [0x1f1e6]]

const specials = new Map([
  ...pairs('ßss øo łl đd ðd þth æae œoe ıi ħh ŧt ʀr'),
  // Small capitals.
  ...pairs('ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz'),
])

/** Letters of other scripts that look like Latin ones; used only where scripts are mixed. */
export const lookalikes = new Map([
  ...pairs('аa вb еe кk мm нh оo рp сc тt уy хx ѕs іi јj ԁd ԛq ԝw һh ӏl зe пn гr иu ьb'),
  ...pairs('αa βb εe ηn ιi κk μm νv οo ρp τt υu χx ωw γy σo ζz'),
])

/** Digits and signs that stand for letters inside a word. `1` and `|` have two readings. */
export const leetLetters = new Map(pairs('4a @a 3e €e !i 0o 5s $s 7t +t 8b 2z 1i |i'))

function pairs(text: string): [string, string][] {
  return text.split(' ').map((pair) => {
    const [first = '', ...rest] = pair
    return [first, rest.join('')]
  })
}
