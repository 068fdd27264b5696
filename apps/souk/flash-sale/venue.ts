import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Console } from '../console.ts'
import { UsageError } from '../explain.ts'
import { type OwnMarketplace, startOwnMarketplace } from '../own-marketplace.ts'
import { dataFolderOf, findRunning, type SignIn } from '../running.ts'
import { removeAbandonedMarketplaces } from './abandoned.ts'
import { copyOfRunning, type CopySource } from './copy.ts'

export type Venue = {
  url: string
  operator: SignIn
  own: OwnMarketplace | undefined
  /** Has the data of another in it. */
  copied: boolean
  limitsRaised: string[]
  postgres: string
}

export type Wanted = { baseUrl?: string; own?: true; copy?: true; faults?: readonly string[] }

/** Where the sale is held: elsewhere, in a copy, in the marketplace that runs here, or in an empty one. */
export async function findVenue(io: Console, options: Wanted, progress: (text: string) => void): Promise<Venue> {
  const { SOUK_OPERATOR_EMAIL: email = '', SOUK_OPERATOR_PASSWORD: password = '' } = io.env
  const given = email !== '' && password !== '' ? { email, password } : undefined
  if (options.baseUrl !== undefined) {
    if (!/^https?:\/\/[^/]+\/?$/.test(options.baseUrl))
      throw new UsageError('--base-url is an address without a path, such as http://souk.example:7700.')
    if (given === undefined) throw new UsageError('--base-url needs SOUK_OPERATOR_EMAIL and SOUK_OPERATOR_PASSWORD.')
    const url = options.baseUrl.replace(/\/$/, '')
    progress(`Using the marketplace at ${url}`)
    return { url, operator: given, own: undefined, copied: false, limitsRaised: [], postgres: 'unknown' }
  }
  await removeAbandonedMarketplaces()
  if (options.copy) return await openOwn(io, await copyOfRunning(io.env, progress))
  const mayUseRunning = options.own === undefined && options.faults === undefined
  const running = mayUseRunning ? await findRunning(io.env) : undefined
  const operator = running?.operator ?? given
  if (running !== undefined && operator !== undefined) {
    progress(`Using the marketplace that runs here: ${running.url}`)
    const postgres = running.databaseUrl === undefined ? 'unknown' : await versionIn(dataFolderOf(io.env))
    return { url: running.url, operator, own: undefined, copied: false, limitsRaised: [], postgres }
  }
  if (running !== undefined)
    progress('A marketplace runs here, but its operator is not known (SOUK_OPERATOR_EMAIL, SOUK_OPERATOR_PASSWORD).')
  progress('Starting a marketplace for this run, in a temporary folder…')
  return await openOwn(io)
}

/** @param copy what it begins with. Left out: nothing. */
async function openOwn(io: Console, copy?: CopySource): Promise<Venue> {
  const own = await startOwnMarketplace({
    settings: { ...raised, ...(copy !== undefined && { SOUK_SECRET: copy.secret }) },
    ...(copy !== undefined && { prepare: copy.prepare }),
    onProgress: (line) => io.say(`  ${line.trim()}`),
  })
  const { url, operator, folder } = own
  return { url, operator, own, copied: copy !== undefined, limitsRaised, postgres: await versionIn(folder) }
}

/** For the organiser, who reads all orders afterwards, and for buyers who ask again when something was broken. */
const raised = { SOUK_ACCOUNT_PER_MINUTE: '1000000', SOUK_FLASH_ORDERS_PER_MINUTE: '1000' }
const limitsRaised = [
  'requests of an account a minute: 500 → 1,000,000',
  'flash-sale orders of an account a minute: 10 → 1,000',
]

const versionIn = async (dataFolder: string) => {
  const text = await readFile(join(dataFolder, 'postgres', 'data', 'PG_VERSION'), 'utf8').catch(() => '')
  return text === '' ? 'unknown' : `${text.trim()} (embedded)`
}
