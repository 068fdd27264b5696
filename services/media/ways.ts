import { created, noContent, ok, type Answer, type RouteRequest } from '@souk/http'
import type { Tx } from '@souk/postgres'
import { mediaErrors } from './errors.ts'
import {
  acceptUpload,
  announceMedia,
  lookAtUpload,
  markEnded,
  type MediaDeps,
  mediaNotFound,
  type NewMedia,
  removeFiles,
} from './keep-pictures.ts'
import { findMedia } from './media.sql.ts'
import { type Media, originalKey } from './picture.ts'
import { mediaView } from './views.ts'

type Once = Pick<RouteRequest, 'once'>

/** What is answered alike about pictures of shops and of people, once it is known that the caller may. */
export const createWays = (deps: MediaDeps, baseUrl: string) => ({
  /** @param at where it is found from now on; left out: not said */
  async announce(tx: Tx, given: NewMedia, accountId: string, about: { personal?: boolean; at?: string } = {}) {
    const media = await announceMedia(deps, tx, given, accountId, about.personal)
    const { mediaId, contentType, bytes, uploadUntil } = media
    const target = { contentType, bytes, until: uploadUntil }
    const upload = await deps.storage.uploadTarget(originalKey(mediaId), target)
    return created(
      { media: mediaView(media, baseUrl), upload: { ...upload, expiresAt: uploadUntil.toISOString() } },
      about.at === undefined ? {} : { location: `${about.at}/${mediaId}` },
    )
  },

  /** @throws media-refused, media-not-uploaded */
  async complete(request: Once, { mediaId, ...media }: Media): Promise<Answer> {
    if (media.state === 'refused')
      throw mediaErrors.error('media-refused', `Not taken: ${media.refusal}.`, { reason: media.refusal ?? '' })
    const seen = media.state === 'awaiting' ? await lookAtUpload(deps, { mediaId, ...media }) : undefined
    return request.once(deps.shards.ofId(mediaId).db, async (tx) => {
      if (seen !== undefined) await acceptUpload(deps, tx, mediaId, seen)
      const now = await findMedia(tx, mediaId)
      if (now === undefined) throw mediaNotFound(mediaId)
      return ok(mediaView(now, baseUrl))
    })
  },

  /** @param require throws unless the caller may, in the transaction it is marked in */
  async remove(request: Once, mediaId: string, require: (tx: Tx) => Promise<unknown>): Promise<Answer> {
    const answer = await request.once(deps.shards.ofId(mediaId).db, async (tx) => {
      await require(tx)
      await markEnded(deps, tx, mediaId, 'deleting', null)
      return noContent
    })
    // What cannot be removed now is swept later.
    await removeFiles(deps, mediaId, 'deleting').catch((error: unknown) =>
      deps.log.warn({ mediaId, error }, 'files of a deleted picture are left for the sweeper'),
    )
    return answer
  },
})
