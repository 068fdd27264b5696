import { findMedia, personalBefore } from './media.sql.ts'
import { endMedia, type MediaDeps } from './keep-pictures.ts'
import type { Media } from './picture.ts'

/**
 * Somebody's picture of themselves that may be shown: looked at and accepted. While its variants are still being made, its
 * address answers 404 for some seconds.
 */
export async function findPersonal(deps: MediaDeps, accountId: string, mediaId: string): Promise<Media | undefined> {
  const media = await findMedia(deps.shards.ofId(mediaId).db.autocommit, mediaId)
  const theirs = media?.personal && media.shopId === accountId
  return theirs && (media.state === 'processing' || media.state === 'ready') ? media : undefined
}

/**
 * Forget what an account uploaded of itself before the picture it chose; all of it when it chose none. What was uploaded
 * after it stays: it may be about to be chosen. Resolves to how many were forgotten; repeating it forgets none.
 */
export async function keepPersonal(deps: MediaDeps, accountId: string, keptId: string | undefined): Promise<number> {
  const { db } = deps.shards.ofOwner(accountId)
  const atOnce = 50
  for (let forgotten = 0; ; ) {
    const old = await personalBefore(db.autocommit, accountId, keptId, atOnce)
    for (const { mediaId } of old) await endMedia(deps, mediaId, 'deleting', null)
    forgotten += old.length
    if (old.length < atOnce) return forgotten
  }
}
