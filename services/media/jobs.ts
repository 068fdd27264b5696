import type { Job } from '@souk/service'
import { endMedia, finishMedia, type MediaDeps, removeFiles } from './keep-pictures.ts'
import { deleteMedia, knownIds, leftBehind } from './media.sql.ts'
import { mediaIdOfKey } from './picture.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const atOnce = 200

/**
 * What was left behind: announced and never sent, deleted but for its files, refused long ago, stuck in processing; and
 * files nobody has a row for. Resolves to how many things were put in order.
 */
export async function sweep(deps: MediaDeps): Promise<number> {
  const now = deps.clock().getTime()
  let swept = 0
  for (const { db } of deps.shards.all()) {
    const left = (state: Parameters<typeof leftBehind>[1], forMs: number) =>
      leftBehind(db.autocommit, state, new Date(now - forMs), atOnce)
    // An hour: an upload may begin in the last second of its link and take minutes.
    for (const { mediaId } of await left('awaiting', 60 * minuteMs)) {
      await endMedia(deps, mediaId, 'deleting', null)
      swept += 1
    }
    for (const { mediaId } of await left('deleting', minuteMs)) {
      await removeFiles(deps, mediaId, 'deleting')
      swept += 1
    }
    for (const { mediaId } of await left('refused', 7 * dayMs)) {
      await removeFiles(deps, mediaId, 'refused')
      await deleteMedia(db.autocommit, mediaId)
      swept += 1
    }
    for (const { mediaId } of await left('processing', 30 * minuteMs)) {
      await finishMedia(deps, mediaId).catch(() => endMedia(deps, mediaId, 'refused', 'it could not be processed'))
      swept += 1
    }
  }
  return swept + (await sweepFiles(deps))
}

/** Files without a row, older than a day: younger ones may be on their way. */
export async function sweepFiles(deps: MediaDeps): Promise<number> {
  const before = deps.clock().getTime() - dayMs
  let swept = 0
  for (const prefix of ['incoming/', 'masters/', 'originals/', 'public/'])
    for (let after = ''; ; ) {
      const files = await deps.storage.list(prefix, after, 1_000)
      const old = files.filter(({ changedAt }) => changedAt.getTime() < before)
      const ids = [...new Set(old.flatMap(({ key }) => mediaIdOfKey(key) ?? []))]
      const known = new Set(
        (await Promise.all(deps.shards.all().map(({ db }) => knownIds(db.autocommit, ids)))).flatMap((some) => [
          ...some,
        ]),
      )
      const orphans = old.map(({ key }) => key).filter((key) => !known.has(mediaIdOfKey(key) ?? ''))
      if (orphans.length > 0) await deps.storage.remove(orphans)
      swept += orphans.length
      const last = files.at(-1)
      if (files.length < 1_000 || last === undefined) break
      after = last.key
    }
  return swept
}

export const mediaJobs = (deps: MediaDeps): Job[] => [
  { name: 'media.sweep', everyMs: 10 * minuteMs, run: async () => void (await sweep(deps)) },
]
