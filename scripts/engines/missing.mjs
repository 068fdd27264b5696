import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** An engine that is not here and cannot be fetched. The message says which, why, and how to get it. */
export class EngineMissing extends Error {
  constructor(engine, why, howTo) {
    super(`${engine} cannot be had here: ${why}. ${howTo}`)
    this.name = 'EngineMissing'
    this.engine = engine
  }
}

/** Shared by all clones of a user. */
export const cacheFolder = (env = process.env) => env.SOUK_ENGINES ?? join(homedir(), '.cache', 'souk', 'engines')

/** The full path of a command, on the PATH or where servers are kept; undefined when there is none. */
export function commandPath(name, env = process.env) {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  for (const folder of folders) {
    if (folder === '') continue
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  return undefined
}
