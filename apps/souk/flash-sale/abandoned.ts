import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { removeAbandoned } from '@souk/embedded-postgres'
import { ownFolders } from '../own-marketplace.ts'

/** Marketplaces of runs that were killed before they could take them away: ended and taken away now. @returns how many */
export async function removeAbandonedMarketplaces(): Promise<number> {
  const names = await readdir(dirname(ownFolders)).catch(() => [])
  let removed = 0
  for (const name of names.filter((each) => each.startsWith(basename(ownFolders))))
    if (await removeAbandoned(join(dirname(ownFolders), name), 'postgres').catch(() => false)) removed += 1
  return removed
}
