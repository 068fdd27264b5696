import { mayActFor, type Principal } from '@souk/http'
import { bucketOf, type Shards, type Tx, uuidv7 } from '@souk/postgres'
import type { Work } from '@souk/service'
import type { Logger } from '@souk/telemetry'
import { mediaErrors } from './errors.ts'
import { type Inspected, inspect } from './inspect.ts'
import { makeVariants } from './make-variants.ts'
import {
  addUsage,
  deleteMedia,
  findMedia,
  insertMedia,
  lockMedia,
  lockUsage,
  toEnd,
  toProcessing,
  toReady,
} from './media.sql.ts'
import { allKeys, type ContentType, maxPersonalBytes, type Media, originalKey } from './picture.ts'
import type { Storage } from './storage.ts'

export type MediaDeps = {
  shards: Shards
  storage: Storage
  work: Work
  clock: () => Date
  log: Logger
  quotaBytes: number
  onRefused?(): void
}

export const variantsQueue = 'media.make-variants'
const uploadMs = 15 * 60_000

export const mediaNotFound = (mediaId: string) =>
  mediaErrors.error('media-not-found', `There is no picture ${mediaId} for you.`)

/** @throws media-not-found unless the caller works on the products of its shop */
export async function requireMine(
  deps: MediaDeps,
  me: Principal,
  mediaId: string,
  tx: Tx = deps.shards.ofId(mediaId).db.autocommit,
): Promise<Media> {
  const media = await findMedia(tx, mediaId)
  if (media === undefined || media.state === 'deleting' || media.personal || !mayActFor(me, media.shopId, 'catalog'))
    throw mediaNotFound(mediaId)
  return media
}

/** @throws media-not-found unless it is the caller's own picture of themselves */
export async function requirePersonal(
  deps: MediaDeps,
  accountId: string,
  mediaId: string,
  tx: Tx = deps.shards.ofId(mediaId).db.autocommit,
): Promise<Media> {
  const media = await findMedia(tx, mediaId)
  if (media === undefined || media.state === 'deleting' || !media.personal || media.shopId !== accountId)
    throw mediaNotFound(mediaId)
  return media
}

export type NewMedia = { shopId: string; fileName: string; alt: string; contentType: ContentType; bytes: number }

/** Three of the largest, so that one being chosen and one being sent have room beside the one that is shown. */
const personalQuotaBytes = 3 * maxPersonalBytes

/** Announce a picture: room is kept for it from now on. @throws media-quota-exceeded */
export async function announceMedia(
  deps: MediaDeps,
  tx: Tx,
  given: NewMedia,
  accountId: string,
  personal = false,
): Promise<Media> {
  const now = deps.clock()
  const used = await lockUsage(tx, given.shopId)
  const quotaBytes = personal ? personalQuotaBytes : deps.quotaBytes
  if (used.bytes + given.bytes > quotaBytes)
    throw mediaErrors.error('media-quota-exceeded', `There are ${quotaBytes - used.bytes} bytes left.`, {
      quotaBytes,
      usedBytes: used.bytes,
    })
  const media: Media = {
    ...given,
    mediaId: uuidv7(now.getTime(), bucketOf(given.shopId)),
    personal,
    state: 'awaiting',
    storedBytes: given.bytes,
    width: null,
    height: null,
    variants: [],
    refusal: null,
    createdAt: now,
    changedAt: now,
    uploadUntil: new Date(now.getTime() + uploadMs),
  }
  await insertMedia(tx, media, accountId)
  await addUsage(tx, given.shopId, 1, given.bytes)
  return media
}

/** Pictures are decoded one at a time: each may take 200 MB while it is looked at. */
let lastLook: Promise<unknown> = Promise.resolve()
const oneAtATime = <T>(look: () => Promise<T>): Promise<T> => {
  const mine = lastLook.then(look, look)
  lastLook = mine.catch(() => {})
  return mine
}

/**
 * Look at what was uploaded. What is no picture is thrown away at once.
 * @throws media-not-uploaded, media-refused
 */
export async function lookAtUpload(deps: MediaDeps, media: Media): Promise<Extract<Inspected, { ok: true }>> {
  const key = originalKey(media.mediaId)
  const stored = await deps.storage.stat(key)
  if (stored === undefined) throw mediaErrors.error('media-not-uploaded', 'No bytes have come yet.')
  const seen: Inspected | undefined =
    stored.bytes === media.bytes
      ? await oneAtATime(() => deps.storage.withFile(key, (path) => inspect(path, media.contentType)))
      : { ok: false, reason: `it has ${stored.bytes} bytes, ${media.bytes} were announced` }
  if (seen === undefined) throw mediaErrors.error('media-not-uploaded', 'No bytes have come yet.')
  if (seen.ok) return seen
  await endMedia(deps, media.mediaId, 'refused', seen.reason)
  deps.onRefused?.()
  throw mediaErrors.error('media-refused', `Not taken: ${seen.reason}.`, { reason: seen.reason })
}

/** It was looked at: have its variants made. Repeating it changes nothing. */
export async function acceptUpload(deps: MediaDeps, tx: Tx, mediaId: string, seen: { width: number; height: number }) {
  const moved = await toProcessing(tx, mediaId, seen.width, seen.height, deps.clock())
  if (moved > 0) await deps.work.enqueue(tx, variantsQueue, { mediaId }, { key: mediaId })
}

/** The work behind `processing`. May be done again: files are written over with the same. */
export async function finishMedia(deps: MediaDeps, mediaId: string): Promise<void> {
  const { db } = deps.shards.ofId(mediaId)
  const media = await findMedia(db.autocommit, mediaId)
  if (media?.state !== 'processing') return
  const made = await oneAtATime(() => makeVariants(deps.storage, mediaId))
  if (made === undefined) {
    await endMedia(deps, mediaId, 'refused', 'what was uploaded is gone')
    return
  }
  const kept = await db.transaction(async (tx) => {
    await lockUsage(tx, media.shopId)
    const now = await lockMedia(tx, mediaId)
    if (now?.state !== 'processing') return false
    await toReady(tx, mediaId, made.variants, made.storedBytes, deps.clock())
    await addUsage(tx, media.shopId, 0, made.storedBytes - now.storedBytes)
    return true
  })
  // Deleted meanwhile: nothing of it may stay. Otherwise only what was uploaded goes; it is served to nobody.
  await deps.storage.remove(kept ? [originalKey(mediaId)] : allKeys(mediaId))
}

/**
 * Let go of a picture: it counts no more, its files go, then its row. A crash in between leaves a row that is swept.
 */
export async function endMedia(
  deps: MediaDeps,
  mediaId: string,
  state: 'refused' | 'deleting',
  refusal: string | null,
): Promise<void> {
  const { db } = deps.shards.ofId(mediaId)
  await db.transaction((tx) => markEnded(deps, tx, mediaId, state, refusal))
  await removeFiles(deps, mediaId, state)
}

export async function markEnded(
  deps: MediaDeps,
  tx: Tx,
  mediaId: string,
  state: 'refused' | 'deleting',
  refusal: string | null,
): Promise<void> {
  // The sum before the picture, as everywhere: two who want both must want them in one order.
  const seen = await findMedia(tx, mediaId)
  if (seen === undefined) return
  await lockUsage(tx, seen.shopId)
  const media = await lockMedia(tx, mediaId)
  if (media === undefined || media.state === 'deleting' || media.state === state) return
  if (media.state !== 'refused') await addUsage(tx, media.shopId, -1, -media.storedBytes)
  await toEnd(tx, mediaId, state, refusal, deps.clock())
}

export async function removeFiles(deps: MediaDeps, mediaId: string, state: 'refused' | 'deleting'): Promise<void> {
  await deps.storage.remove(allKeys(mediaId))
  if (state === 'deleting') await deleteMedia(deps.shards.ofId(mediaId).db.autocommit, mediaId)
}
