import { cpSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const left = new Set(['node_modules', '.git', '.cache', '.souk', 'reports', 'coverage'])

/**
 * Copy the sources to an empty folder, in which tests then run on the copy: what is installed is shared by links, but
 * the packages of this house are linked to their copies. Otherwise `@souk/orders` would lead back to the original.
 */
export function copySources(root: string, to: string): void {
  cpSync(root, to, {
    recursive: true,
    filter: (path) =>
      !relative(root, path)
        .split(sep)
        .some((part) => left.has(part)),
  })
  const installed = join(root, 'node_modules')
  const modules = join(to, 'node_modules')
  mkdirSync(join(modules, '@souk'), { recursive: true })
  for (const name of readdirSync(installed))
    if (name !== '@souk' && !name.startsWith('.vite')) symlinkSync(join(installed, name), join(modules, name))
  for (const name of readdirSync(join(installed, '@souk'))) {
    // npm links workspaces relative to their place: the same words lead to the copy from there.
    const target = readlinkSync(join(installed, '@souk', name))
    symlinkSync(target, join(modules, '@souk', name))
    if (!statSync(join(modules, '@souk', name)).isDirectory()) throw new Error(`@souk/${name} is not in the copy`)
  }
}

export const removeCopy = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
