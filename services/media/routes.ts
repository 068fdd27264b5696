import { cursorOf, mayActFor, ok, pageOf, readCursor, route, type Route } from '@souk/http'
import { Type } from 'typebox'
import { mediaErrors } from './errors.ts'
import { type MediaDeps, requireMine } from './keep-pictures.ts'
import { findUsage, listMedia } from './media.sql.ts'
import { masterKey, mediaStates } from './picture.ts'
import { closed, Id, LinkView, listOf, MediaView, mediaView, NewMediaBody, UploadView, UsageView } from './views.ts'
import { createWays } from './ways.ts'

const tag = 'Media'
const access = { duty: 'catalog' }
const MediaParams = Type.Object({ mediaId: Id }, closed)
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const downloadMs = 5 * 60_000

/** What shops do with their pictures. */
export const mediaRoutes = (deps: MediaDeps, baseUrl: string, ways = createWays(deps, baseUrl)): Route[] => [
  route({
    method: 'POST',
    url: '/v1/media',
    operationId: 'createMedia',
    summary: 'Announce a picture and get an address to upload it to',
    description:
      'Send the bytes to `upload.url` with `upload.headers` within 15 minutes, then complete it. JPEG, PNG, WebP, AVIF or GIF (its first picture), 50 MB and 50 megapixels at most.',
    tag,
    access,
    body: NewMediaBody,
    answers: { 201: UploadView },
    errors: ['media-shop-not-found', 'media-quota-exceeded', 'media-storage-unavailable'],
    handle: (request) => {
      const { shopId, alt = '' } = request.body
      if (!mayActFor(request.me, shopId, 'catalog'))
        throw mediaErrors.error('media-shop-not-found', `There is no shop ${shopId} for you.`)
      return request.once(deps.shards.ofOwner(shopId).db, (tx) =>
        ways.announce(tx, { ...request.body, alt }, request.me.accountId, { at: '/v1/media' }),
      )
    },
  }),
  route({
    method: 'POST',
    url: '/v1/media/:mediaId/complete',
    operationId: 'completeMedia',
    summary: 'Have an uploaded picture looked at and its variants made',
    description: 'It is checked by type, size and content at once; `ready` follows some seconds later.',
    tag,
    access,
    params: MediaParams,
    answers: { 200: MediaView },
    errors: ['media-not-found', 'media-not-uploaded', 'media-refused', 'media-not-ready', 'media-storage-unavailable'],
    timeoutMs: 60_000,
    handle: async (request) => ways.complete(request, await requireMine(deps, request.me, request.params.mediaId)),
  }),
  route({
    method: 'GET',
    url: '/v1/media',
    operationId: 'listMedia',
    summary: 'List the pictures of a shop, the latest first',
    tag,
    access,
    query: Type.Object(
      {
        shopId: Id,
        state: Type.Optional(Type.Enum(mediaStates.filter((state) => state !== 'deleting'))),
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
        cursor: Type.Optional(Type.String({ maxLength: 600 })),
      },
      closed,
    ),
    answers: { 200: listOf(MediaView) },
    errors: ['media-shop-not-found'],
    async handle({ query, me }) {
      const { shopId, state, limit, cursor } = query
      if (!mayActFor(me, shopId, 'catalog'))
        throw mediaErrors.error('media-shop-not-found', `There is no shop ${shopId} for you.`)
      const [before] = readCursor('media', cursor, 'id') ?? [lastId]
      const { db } = deps.shards.ofOwner(shopId)
      const rows = await listMedia(db.autocommit, shopId, state, before, limit + 1)
      return ok(
        pageOf(
          rows,
          limit,
          (media) => mediaView(media, baseUrl),
          (last) => cursorOf('media', last.mediaId),
        ),
      )
    },
  }),
  route({
    method: 'GET',
    url: '/v1/media/:mediaId',
    operationId: 'getMedia',
    summary: 'Get a picture and its variants',
    tag,
    access,
    params: MediaParams,
    answers: { 200: MediaView },
    errors: ['media-not-found'],
    handle: async ({ params, me }) => ok(mediaView(await requireMine(deps, me, params.mediaId), baseUrl)),
  }),
  route({
    method: 'POST',
    url: '/v1/media/:mediaId/download',
    operationId: 'downloadMedia',
    summary: 'Get an address to download a picture from',
    description: 'In the largest form we keep. The address is valid for five minutes, for whoever has it.',
    tag,
    access,
    params: MediaParams,
    answers: { 200: LinkView },
    errors: ['media-not-found', 'media-not-ready', 'media-storage-unavailable'],
    idempotency: 'none',
    async handle({ params, me }) {
      const media = await requireMine(deps, me, params.mediaId)
      if (media.state !== 'ready')
        throw mediaErrors.error('media-not-ready', `It is ${media.state}.`, { state: media.state })
      const until = new Date(deps.clock().getTime() + downloadMs)
      const url = await deps.storage.downloadUrl(masterKey(media.mediaId), { fileName: media.fileName, until })
      return ok({ url, expiresAt: until.toISOString() })
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/media/:mediaId',
    operationId: 'deleteMedia',
    summary: 'Delete a picture',
    description:
      'Its files are gone at once; caches in front may show it until they forget it. Take it off products first.',
    tag,
    access,
    params: MediaParams,
    answers: { 204: Type.Null() },
    errors: ['media-not-found'],
    handle(request) {
      const { mediaId } = request.params
      return ways.remove(request, mediaId, (tx) => requireMine(deps, request.me, mediaId, tx))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/shops/:shopId/media-usage',
    operationId: 'getMediaUsage',
    summary: 'How much a shop keeps, and how much it may',
    tag,
    access,
    params: Type.Object({ shopId: Id }, closed),
    answers: { 200: UsageView },
    errors: ['media-shop-not-found'],
    async handle({ params: { shopId }, me }) {
      if (!mayActFor(me, shopId, 'catalog'))
        throw mediaErrors.error('media-shop-not-found', `There is no shop ${shopId} for you.`)
      const used = await findUsage(deps.shards.ofOwner(shopId).db.autocommit, shopId)
      return ok({ files: used?.files ?? 0, bytes: used?.bytes ?? 0, quotaBytes: deps.quotaBytes })
    },
  }),
]
