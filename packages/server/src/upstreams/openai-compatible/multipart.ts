import { randomUUID } from 'node:crypto'

/** One file of a form. */
export interface FormFile {
  field: string
  name: string
  mimeType: string
  bytes: number
  open(): AsyncIterable<Uint8Array>
}

/** A form as it goes over the wire. */
export interface Multipart {
  contentType: string
  bytes: number
  open(): AsyncIterable<Uint8Array>
}

/** A multipart/form-data body that streams its files, of a length known beforehand. */
export function toMultipart(
  fields: Readonly<Record<string, string>>,
  files: readonly FormFile[],
): Multipart {
  const boundary = `filmgate-${randomUUID()}`
  // Capital letters as ever: not every server's parser of forms takes others.
  const head = (name: string, more = '') =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${escape(name)}"${more}\r\n\r\n`
  const text = Object.entries(fields).map(([name, value]) => `${head(name)}${value}\r\n`)
  const heads = files.map(({ field, name, mimeType }) =>
    head(field, `; filename="${escape(name)}"\r\nContent-Type: ${mimeType}`),
  )
  const end = `--${boundary}--\r\n`
  const texts = [...text, ...heads, end, ...files.map(() => '\r\n')]
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes:
      texts.reduce((sum, each) => sum + Buffer.byteLength(each), 0) +
      files.reduce((sum, { bytes }) => sum + bytes, 0),
    async *open() {
      yield Buffer.from(text.join(''))
      for (const [index, file] of files.entries()) {
        yield Buffer.from(heads[index] ?? '')
        yield* file.open()
        yield Buffer.from('\r\n')
      }
      yield Buffer.from(end)
    },
  }
}

// As HTML's forms write names.
function escape(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
