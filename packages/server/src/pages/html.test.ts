import { expect, it } from 'vitest'
import { codeBlock } from './code-block.ts'
import { curl, prettyJson } from './curl.ts'
import { html, prose } from './html.ts'

const hostile = `"><script>alert('x')</script>&amp;`

it('a value in a template is text, wherever it stands', () => {
  const { text } = html`<a title="${hostile}">${hostile}</a>`
  expect(text).not.toContain('<script>')
  expect(text).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;')
})

it('markup inside markup, lists and absent values come out as they should', () => {
  const items = ['a', 'b'].map((item) => html`<li>${item}</li>`)
  const { text } = html`<ul>
    ${items}${null}${false}${undefined}${0}
  </ul>`
  expect(text.replace(/\s/g, '')).toBe('<ul><li>a</li><li>b</li>0</ul>')
})

it('words between backticks become code, and a stray backtick stays one', () => {
  expect(prose('Send `a<b` now').text).toBe('Send <code class="unbroken">a&lt;b</code> now')
  expect(prose('one ` only').text).toBe('one ` only')
})

it('highlighting changes nothing about the text', () => {
  const code = `curl 'http://x/?a=1&b=<2>' \\\n  -H "A: \\"b\\"" # it's`
  const text = codeBlock({ language: 'shell', code, title: 'x' }).text
  const inside = /<code>(.*)<\/code>/s.exec(text)?.[1] ?? ''
  const back = inside
    .replace(/<\/?span[^>]*>/g, '')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) =>
      String({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }[name]),
    )
  expect(back).toBe(code)
})

it('a curl command survives quotes in the body and in the address', () => {
  const command = curl({
    publicUrl: 'http://x',
    method: 'POST',
    path: "/a?b=1&c='",
    headers: { A: '1' },
    body: { prompt: "it's" },
  })
  expect(command).toContain(`'http://x/a?b=1&c='\\'''`)
  expect(command).toContain(`it'\\''s`)
})

it('short lists stay on one line', () => {
  expect(prettyJson({ a: [1, 2, 3] })).toBe('{\n  "a": [1, 2, 3]\n}')
})
