import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseTarGzip } from 'nanotar'
import { toSpec, type ClassifierPackage } from './classifier-packages.ts'
import { sha256Of, toInstalledPath } from './installed-classifier.ts'

/** Whether a tarball is, byte for byte, the one that this version was made with. */
export function isPinned(tarball: Uint8Array, { sha512 }: ClassifierPackage): boolean {
  return createHash('sha512').update(tarball).digest('base64') === sha512
}

/**
 * Writes the files of a pinned tarball that the classifier needs below `folder`. Nothing of it is
 * run. Throws if the tarball lacks one, which only a mistake among the pins can bring about.
 */
export async function unpackPackage(
  tarball: Uint8Array,
  wanted: ClassifierPackage,
  folder: string,
): Promise<void> {
  const names = new Map(Object.keys(wanted.files).map((path) => [`package/${path}`, path]))
  const found = await parseTarGzip(tarball, { filter: ({ name }) => names.has(name) })
  for (const [name, path] of names) {
    const bytes = found.find((file) => file.name === name)?.data
    const sha256 = bytes === undefined ? 'nothing' : sha256Of(bytes)
    if (bytes === undefined || sha256 !== wanted.files[path]) {
      throw new Error(`${toSpec(wanted)} has ${sha256} as ${path}, unlike the pins`)
    }
    const target = toInstalledPath(folder, wanted, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, bytes)
  }
}
