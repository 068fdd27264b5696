import { link, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The files of a folder under another one, too, without copying a byte: for files that are written once and never changed.
 * What is removed here stays there.
 * @returns how many; undefined where the two do not lie on one disk: then there are none
 */
export async function linkFiles(from: string, into: string): Promise<number | undefined> {
  let linked = 0
  const walk = async (below: string): Promise<void> => {
    await mkdir(join(into, below), { recursive: true })
    for (const entry of await readdir(join(from, below), { withFileTypes: true }).catch(noneThere)) {
      const path = join(below, entry.name)
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) {
        // Gone meanwhile: whoever deleted it deletes it from the database, too.
        const isThere = await link(join(from, path), join(into, path)).then(() => true, unlessGone)
        if (isThere) linked += 1
      }
    }
  }
  try {
    await walk('')
    return linked
  } catch (error) {
    await rm(into, { recursive: true, force: true })
    if (['EXDEV', 'EPERM', 'ENOTSUP'].includes(codeOf(error))) return undefined
    throw error
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''
const noneThere = (error: unknown): [] => {
  if (codeOf(error) === 'ENOENT') return []
  throw error
}
const unlessGone = (error: unknown): false => {
  if (codeOf(error) === 'ENOENT') return false
  throw error
}
