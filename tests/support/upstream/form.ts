import { sha256 } from './outputs.ts'
import type { FileRecord } from './records.ts'

/** The parts of a multipart body; undefined for another type of body, or a broken one. */
export async function readForm(
  body: Buffer,
  contentType: string | undefined,
): Promise<FormData | undefined> {
  if (contentType?.toLowerCase().startsWith('multipart/form-data') !== true) return undefined
  try {
    return await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData()
  } catch {
    return undefined
  }
}

/** What a test is told of the parts. */
export async function describeForm(
  form: FormData,
): Promise<{ fields: Record<string, string>; files: FileRecord[] }> {
  const fields: Record<string, string> = {}
  const files: FileRecord[] = []
  for (const [field, value] of form) {
    if (typeof value === 'string') fields[field] = value
    else {
      const bytes = new Uint8Array(await value.arrayBuffer())
      const { name, type } = value
      files.push({ field, name, type, bytes: bytes.length, sha256: sha256(bytes) })
    }
  }
  return { fields, files }
}
