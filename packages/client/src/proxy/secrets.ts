/** What the gateway is sent and no log is to hold: the key, which no page may see either, and what `authorize` had sent besides. */
export class Secrets {
  readonly #key: string[]
  /** The longest first, so that none is left in part where another is part of it. */
  readonly #all: string[]

  /** Of the headers that go out, and those among them that `authorize` gave. */
  constructor(sent: Headers, given: Headers) {
    this.#key = formsOf(sent.get('Authorization') ?? '')
    const all = new Set([...this.#key, ...[...given].flatMap(([, value]) => formsOf(value))])
    this.#all = [...all].sort((one, other) => other.length - one.length)
  }

  /** Whether a text quotes the key. */
  holdKey(text: string): boolean {
    return this.#key.some((form) => text.includes(form))
  }

  /**
   * So many characters of a text, without the secrets. What lies beyond is not looked at, however much
   * that is, but for as far as a secret can reach into it: half a key would be left else.
   */
  beginningOf(text: string, length: number): string {
    const reach = this.#all[0]?.length ?? 0
    let hidden = text.slice(0, length + reach)
    for (const form of this.#all) hidden = hidden.replaceAll(form, '…')
    const isCut = text.length > length + reach
    return hidden.slice(0, isCut ? Math.max(0, hidden.length - reach) : length)
  }
}

// What is shorter than any key hides nothing and occurs everywhere. In JSON, quotes and backslashes
// are written in another way.
function formsOf(header: string): string[] {
  const [value = ''] = [header.replace(/^\S+\s+/, ''), header].filter((each) => each.length >= 8)
  return value === '' ? [] : [...new Set([value, JSON.stringify(value).slice(1, -1)])]
}
