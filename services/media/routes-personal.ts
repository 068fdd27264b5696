import { created, noContent, ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { mediaErrors } from './errors.ts'
import {
  acceptUpload,
  announceMedia,
  lookAtUpload,
  markEnded,
  type MediaDeps,
  mediaNotFound,
  removeFiles,
  requirePersonal,
} from './keep-pictures.ts'
import { findMedia } from './media.sql.ts'
import { originalKey } from './picture.ts'
import { closed, Id, MediaView, mediaView, NewPersonalBody, UploadView } from './views.ts'

const tag = 'Media'
const access = 'signed-in'
const MediaParams = Type.Object({ mediaId: Id }, closed)

/** What people do with pictures of themselves: the same way as those of shops, counted for the account. */
export const personalRoutes = (deps: MediaDeps, baseUrl: string): Route[] => [
  route({
    method: 'POST',
    url: '/v1/media/personal',
    operationId: 'createPersonalPicture',
    summary: 'Announce a picture of yourself and get an address to upload it to',
    description:
      'Send the bytes to `upload.url` with `upload.headers` within 15 minutes, complete it, then choose it with PUT /v1/customers/me/avatar. Older ones are forgotten then.',
    tag,
    access,
    body: NewPersonalBody,
    answers: { 201: UploadView },
    errors: ['media-quota-exceeded', 'media-storage-unavailable'],
    handle: (request) => {
      const { accountId } = request.me
      return request.once(deps.shards.ofOwner(accountId).db, async (tx) => {
        const given = { ...request.body, shopId: accountId, fileName: 'me', alt: '' }
        const media = await announceMedia(deps, tx, given, accountId, true)
        const { contentType, bytes, uploadUntil } = media
        const upload = await deps.storage.uploadTarget(originalKey(media.mediaId), {
          contentType,
          bytes,
          until: uploadUntil,
        })
        return created({
          media: mediaView(media, baseUrl),
          upload: { ...upload, expiresAt: uploadUntil.toISOString() },
        })
      })
    },
  }),
  route({
    method: 'POST',
    url: '/v1/media/personal/:mediaId/complete',
    operationId: 'completePersonalPicture',
    summary: 'Have an uploaded picture of yourself looked at',
    description: 'It is checked by type, size and content at once; `ready` follows some seconds later.',
    tag,
    access,
    params: MediaParams,
    answers: { 200: MediaView },
    errors: ['media-not-found', 'media-not-uploaded', 'media-refused', 'media-storage-unavailable'],
    timeoutMs: 60_000,
    async handle(request) {
      const { mediaId } = request.params
      const media = await requirePersonal(deps, request.me.accountId, mediaId)
      if (media.state === 'refused')
        throw mediaErrors.error('media-refused', `Not taken: ${media.refusal}.`, { reason: media.refusal ?? '' })
      const seen = media.state === 'awaiting' ? await lookAtUpload(deps, media) : undefined
      return request.once(deps.shards.ofId(mediaId).db, async (tx) => {
        if (seen !== undefined) await acceptUpload(deps, tx, mediaId, seen)
        const now = await findMedia(tx, mediaId)
        if (now === undefined) throw mediaNotFound(mediaId)
        return ok(mediaView(now, baseUrl))
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/media/personal/:mediaId',
    operationId: 'getPersonalPicture',
    summary: 'Get a picture of yourself and how far it is',
    tag,
    access,
    params: MediaParams,
    answers: { 200: MediaView },
    errors: ['media-not-found'],
    handle: async ({ params, me }) => ok(mediaView(await requirePersonal(deps, me.accountId, params.mediaId), baseUrl)),
  }),
  route({
    method: 'DELETE',
    url: '/v1/media/personal/:mediaId',
    operationId: 'deletePersonalPicture',
    summary: 'Delete a picture of yourself',
    tag,
    access,
    params: MediaParams,
    answers: { 204: Type.Null() },
    errors: ['media-not-found'],
    async handle(request) {
      const { mediaId } = request.params
      const answer = await request.once(deps.shards.ofId(mediaId).db, async (tx) => {
        await requirePersonal(deps, request.me.accountId, mediaId, tx)
        await markEnded(deps, tx, mediaId, 'deleting', null)
        return noContent
      })
      // What cannot be removed now is swept later.
      await removeFiles(deps, mediaId, 'deleting').catch((error: unknown) =>
        deps.log.warn({ mediaId, error }, 'files of a deleted picture are left for the sweeper'),
      )
      return answer
    },
  }),
]
