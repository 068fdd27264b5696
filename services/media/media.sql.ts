import { sql, type Tx } from '@souk/postgres'
import type { Media, MediaState, Variant } from './picture.ts'

const columns = sql`
  media_id as "mediaId", shop_id as "shopId", personal, state, file_name as "fileName", alt, content_type as "contentType", bytes,
  stored_bytes as "storedBytes", width, height, variants, refusal, created_at as "createdAt", changed_at as "changedAt",
  upload_until as "uploadUntil"`

/** The shop's sum, locked: as long as this transaction lasts nobody else fits something in. */
export const lockUsage = async (tx: Tx, shopId: string): Promise<{ files: number; bytes: number }> => {
  await tx.run(sql`insert into usage (shop_id, files, bytes) values (${shopId}, 0, 0) on conflict do nothing`)
  return tx.one(sql`select files, bytes from usage where shop_id = ${shopId} for update`)
}

export const addUsage = (tx: Tx, shopId: string, files: number, bytes: number) =>
  tx.run(sql`update usage set files = files + ${files}, bytes = bytes + ${bytes} where shop_id = ${shopId}`)

export const findUsage = (tx: Tx, shopId: string) =>
  tx.maybeOne<{ files: number; bytes: number }>(sql`select files, bytes from usage where shop_id = ${shopId}`)

export const insertMedia = (tx: Tx, media: Media, accountId: string) =>
  tx.run(sql`
    insert into media (media_id, shop_id, personal, state, file_name, alt, content_type, bytes, stored_bytes, uploaded_by_account_id,
      created_at, changed_at, upload_until)
    values (${media.mediaId}, ${media.shopId}, ${media.personal}, ${media.state}, ${media.fileName}, ${media.alt}, ${media.contentType},
      ${media.bytes}, ${media.storedBytes}, ${accountId}, ${media.createdAt}, ${media.changedAt}, ${media.uploadUntil})`)

export const findMedia = (tx: Tx, mediaId: string) =>
  tx.maybeOne<Media>(sql`select ${columns} from media where media_id = ${mediaId}`)

export const lockMedia = (tx: Tx, mediaId: string) =>
  tx.maybeOne<Media>(sql`select ${columns} from media where media_id = ${mediaId} for update`)

/** Of one shop, the latest first; what is being deleted is gone for whoever looks. */
export const listMedia = (tx: Tx, shopId: string, state: MediaState | undefined, beforeId: string, limit: number) =>
  tx.many<Media>(sql`
    select ${columns} from media
    where shop_id = ${shopId} and media_id < ${beforeId}::uuid and state <> 'deleting'
      ${state === undefined ? sql`` : sql`and state = ${state}`}
    order by media_id desc limit ${limit}`)

/** Somebody's pictures of themselves that are older than this one; all of them without it. */
export const personalBefore = (tx: Tx, accountId: string, keptId: string | undefined, limit: number) =>
  tx.many<{ mediaId: string }>(sql`
    select media_id as "mediaId" from media
    where shop_id = ${accountId} and personal and state <> 'deleting'
      ${keptId === undefined ? sql`` : sql`and media_id < ${keptId}::uuid`}
    order by media_id limit ${limit}`)

export const toProcessing = (tx: Tx, mediaId: string, width: number, height: number, now: Date) =>
  tx.run(sql`
    update media set state = 'processing', width = ${width}, height = ${height}, changed_at = ${now}
    where media_id = ${mediaId} and state = 'awaiting'`)

export const toReady = (tx: Tx, mediaId: string, variants: readonly Variant[], storedBytes: number, now: Date) =>
  tx.run(sql`
    update media set state = 'ready', variants = ${JSON.stringify(variants)}::jsonb, stored_bytes = ${storedBytes},
      changed_at = ${now}
    where media_id = ${mediaId}`)

/** It keeps nothing from now on, and counts nothing. */
export const toEnd = (tx: Tx, mediaId: string, state: 'refused' | 'deleting', refusal: string | null, now: Date) =>
  tx.run(sql`
    update media set state = ${state}, refusal = ${refusal}, stored_bytes = 0, variants = '[]', changed_at = ${now}
    where media_id = ${mediaId}`)

export const deleteMedia = (tx: Tx, mediaId: string) =>
  tx.run(sql`delete from media where media_id = ${mediaId} and state in ('deleting', 'refused')`)

/** Left in this state since before then: the oldest first. */
export const leftBehind = (tx: Tx, state: MediaState, before: Date, limit: number) =>
  tx.many<Media>(sql`
    select ${columns} from media where state = ${state} and changed_at < ${before} order by changed_at limit ${limit}`)

export const knownIds = async (tx: Tx, mediaIds: readonly string[]): Promise<Set<string>> =>
  new Set(
    (
      await tx.many<{ id: string }>(sql`
        select media_id as id from media where media_id = any(${mediaIds}::uuid[])`)
    ).map((row) => row.id),
  )

export const readyAfter = (tx: Tx, afterId: string, since: Date | undefined, limit: number) =>
  tx.many<Media>(sql`
    select ${columns} from media where state = 'ready' and media_id > ${afterId}::uuid
      ${since === undefined ? sql`` : sql`and changed_at >= ${since}`}
    order by media_id limit ${limit}`)

export const usageOff = (tx: Tx, most: number) =>
  tx.many<{ subject: string; message: string }>(sql`
    select u.shop_id as subject, 'counts ' || u.bytes || ' bytes of ' || u.files || ' pictures, but there are '
      || coalesce(m.bytes, 0) || ' of ' || coalesce(m.files, 0) as message
    from usage u left join (
      select shop_id, count(*) as files, sum(stored_bytes) as bytes from media
      where state not in ('deleting', 'refused') group by shop_id) m using (shop_id)
    where u.files <> coalesce(m.files, 0) or u.bytes <> coalesce(m.bytes, 0) limit ${most}`)

export const countShops = async (tx: Tx): Promise<number> =>
  (await tx.one<{ count: number }>(sql`select count(*) as count from usage`)).count

/** The key links are signed with: made by whoever comes first, the same for all. */
export const signingKey = async (tx: Tx, fresh: Buffer): Promise<Buffer> => {
  await tx.run(sql`insert into signing_key (key) values (${fresh}) on conflict do nothing`)
  return (await tx.one<{ key: Buffer }>(sql`select key from signing_key`)).key
}
