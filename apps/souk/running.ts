import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export type SignIn = { email: string; password: string }

/** What other commands need to find and to operate the marketplace that runs here. Holds secrets: for its owner only. */
export type RunningMarketplace = {
  url: string
  pid: number
  startedAt: string
  /** Of the embedded PostgreSQL; absent when the marketplace uses one of its owner's. */
  databaseUrl?: string
  /** Why it cannot be copied, where that is for more than its database. */
  uncopied?: string
  /** The folder of its pictures; absent where they are in a bucket. */
  pictures?: string
  /** Of the test provider it started. */
  testProviderUrl?: string
  operator?: SignIn
  demo?: { staff: SignIn[]; shoppers: SignIn[] }
}

type Env = Readonly<Record<string, string | undefined>>

export const dataFolderOf = (env: Env): string => resolve(env.SOUK_DATA || '.souk')
const fileIn = (folder: string) => join(folder, 'marketplace.json')

/** Written whole under another name first, so that nobody reads half of it. */
export async function announceRunning(folder: string, marketplace: RunningMarketplace): Promise<void> {
  await mkdir(folder, { recursive: true })
  const draft = `${fileIn(folder)}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(marketplace, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, fileIn(folder))
}

/** Only our own: a marketplace started meanwhile has written its file over ours. */
export async function withdrawRunning(folder: string): Promise<void> {
  if (readFile(folder)?.pid === process.pid) await rm(fileIn(folder), { force: true })
}

/** The marketplace that runs on this data folder, if one does: its process lives and its API answers. */
export async function findRunning(env: Env): Promise<RunningMarketplace | undefined> {
  const found = readFile(dataFolderOf(env))
  if (found === undefined || !isAlive(found.pid)) return undefined
  try {
    // A process number is used again by others after a crash; only the marketplace answers at its address.
    const answer = await fetch(`${found.url}/health/live`, { signal: AbortSignal.timeout(3_000) })
    return answer.ok ? found : undefined
  } catch {
    return undefined
  }
}

/** The environment for working on the database of the marketplace that runs here, whose server is its own. */
export async function besideRunning(env: Env): Promise<Env> {
  if (env.DATABASE_URL) return env
  const running = await findRunning(env)
  if (running?.databaseUrl === undefined) return env
  const { databaseUrl, testProviderUrl } = running
  return {
    ...env,
    DATABASE_URL: databaseUrl,
    ...(testProviderUrl !== undefined && { SOUK_TEST_PROVIDER_URL: testProviderUrl }),
  }
}

/** Made and kept there by a marketplace that was given none; undefined where none ever ran. */
export function secretBeside(folder: string): string | undefined {
  const file = join(folder, 'secret')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

function readFile(folder: string): RunningMarketplace | undefined {
  try {
    const found = JSON.parse(readFileSync(fileIn(folder), 'utf8')) as RunningMarketplace
    return typeof found.url === 'string' && Number.isInteger(found.pid) ? found : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
