import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

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

/**
 * One process of this user at a time fetches or installs: the package system refuses a second one, and two builds of the same
 * take twice as long. Who waited looks again before it begins.
 */
export async function alone(work) {
  mkdirSync(cacheFolder(), { recursive: true })
  const lock = join(cacheFolder(), 'lock')
  for (;;)
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isLeftBehind(lock)) rmSync(lock, { force: true })
      else await setTimeout(250)
    }
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Its process is no more; or, killed at the wrong moment, it wrote no number for a minute. */
function isLeftBehind(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    if (pid === 0) return Date.now() - statSync(lock).mtimeMs > 60_000
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
