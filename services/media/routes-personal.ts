import { ok, type Route, route } from '@souk/http'
import { Type } from 'typebox'
import { type MediaDeps, requirePersonal } from './keep-pictures.ts'
import { closed, Id, MediaView, mediaView, NewPersonalBody, UploadView } from './views.ts'
import { createWays } from './ways.ts'

const tag = 'Media'
const access = 'signed-in'
const MediaParams = Type.Object({ mediaId: Id }, closed)

/** What people do with pictures of themselves: the same way as those of shops, counted for the account. */
export const personalRoutes = (deps: MediaDeps, baseUrl: string, ways = createWays(deps, baseUrl)): Route[] => [
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
      const given = { ...request.body, shopId: accountId, fileName: 'me', alt: '' }
      return request.once(deps.shards.ofOwner(accountId).db, (tx) =>
        ways.announce(tx, given, accountId, { personal: true }),
      )
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
    handle: async (request) =>
      ways.complete(request, await requirePersonal(deps, request.me.accountId, request.params.mediaId)),
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
    handle(request) {
      const { mediaId } = request.params
      return ways.remove(request, mediaId, (tx) => requirePersonal(deps, request.me.accountId, mediaId, tx))
    },
  }),
]
