import { Readable } from 'node:stream'
import { noContent, route, type Route } from '@souk/http'
import { Type } from 'typebox'
import { mediaErrors } from './errors.ts'
import { type MediaDeps, mediaNotFound } from './keep-pictures.ts'
import type { Links } from './links.ts'
import { findMedia } from './media.sql.ts'
import { contentTypes, type Format, formats, masterKey, maxBytes, originalKey, variantKey, widths } from './picture.ts'
import { closed, Id } from './views.ts'

const tag = 'Media'
const SignedQuery = Type.Object(
  {
    expires: Type.Integer({ minimum: 0, maximum: 9_999_999_999 }),
    signature: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  },
  closed,
)
const file = new RegExp(`^(${widths.join('|')})\\.(${formats.join('|')})$`)
// A page of results has a hundred pictures; they are no sign of anything.
const limit = { name: 'pictures', perMinute: 6_000, per: 'address', instead: true } as const
/** For pages of any origin, as pictures alone: nothing in them may run, whatever a browser takes them for. */
const forPages = { 'cross-origin-resource-policy': 'cross-origin' }

const invalid = () => mediaErrors.error('media-link-invalid', 'It is past, or was made for something else.')

/** Files themselves: the pictures of everybody, and signed links where files lie in a folder of ours. */
export const publicRoutes = (deps: MediaDeps, links: Links): Route[] => [
  route({
    method: 'GET',
    url: '/media/:mediaId/:file',
    operationId: 'getPicture',
    summary: 'A picture',
    description: `In one of the widths ${widths.join(', ')} and as ${formats.join(' or ')}: \`960.webp\`. Its address never shows anything else.`,
    tag,
    access: 'public',
    limit,
    params: Type.Object({ mediaId: Id, file: Type.String({ pattern: file.source, maxLength: 20 }) }, closed),
    answers: {
      200: Type.Unknown({ description: 'The picture.', contentMediaType: 'image/*' }),
      304: Type.Null({ description: 'You have it.' }),
    },
    errors: ['media-not-found'],
    async handle({ params, headers }) {
      const { mediaId } = params
      const [, name = '', format = ''] = file.exec(params.file) ?? []
      const etag = `"${mediaId}-${name}-${format}"`
      const key = variantKey(mediaId, Number(name), format as Format)
      const fixed = { ...forPages, etag, 'cache-control': 'public, max-age=31536000, immutable' }
      if (headers['if-none-match'] === etag && (await deps.storage.stat(key)) !== undefined)
        return { status: 304, headers: fixed }
      const found = await deps.storage.get(key)
      if (found === undefined) throw mediaNotFound(mediaId)
      return {
        status: 200,
        body: found.body,
        headers: { ...fixed, 'content-type': `image/${format}`, 'content-length': String(found.bytes) },
      }
    },
  }),
  route({
    method: 'PUT',
    url: '/media/uploads/:mediaId',
    operationId: 'uploadMedia',
    summary: 'Send the bytes of a picture',
    description: 'To the signed address that announcing it was answered with.',
    tag,
    access: 'public',
    params: Type.Object({ mediaId: Id }, closed),
    query: SignedQuery,
    streamBody: contentTypes,
    bodyLimitBytes: maxBytes,
    // 50 MB over a phone's uplink of 2 Mbit/s take three minutes and a half.
    timeoutMs: 300_000,
    answers: { 204: Type.Null() },
    errors: ['media-link-invalid', 'media-not-found', 'media-refused', 'media-not-ready'],
    idempotency: 'none',
    async handle(request) {
      const { mediaId } = request.params
      const { expires, signature } = request.query
      if (!links.holds('upload', mediaId, expires, signature, deps.clock())) throw invalid()
      const media = await findMedia(deps.shards.ofId(mediaId).db.autocommit, mediaId)
      if (media === undefined) throw mediaNotFound(mediaId)
      if (media.state !== 'awaiting')
        throw mediaErrors.error('media-not-ready', `It is ${media.state}.`, { state: media.state })
      const body: unknown = request.body
      const refuse = (reason: string) => mediaErrors.error('media-refused', `Not taken: ${reason}.`, { reason })
      if (!(body instanceof Readable)) throw refuse('no bytes were sent')
      const announced = Number(request.headers['content-length'] ?? media.bytes)
      if (announced !== media.bytes) throw refuse(`it has ${announced} bytes, ${media.bytes} were announced`)
      const type = String(request.headers['content-type']).split(';')[0]?.trim().toLowerCase()
      if (type !== media.contentType) throw refuse(`it was announced as ${media.contentType} and sent as ${type}`)
      await deps.storage
        .put(originalKey(mediaId), body, { contentType: media.contentType, bytes: media.bytes })
        .catch((error: unknown) => {
          if (error instanceof RangeError) throw refuse(error.message)
          throw error
        })
      return noContent
    },
  }),
  route({
    method: 'GET',
    url: '/media/downloads/:mediaId',
    operationId: 'fetchMedia',
    summary: 'Download a picture',
    description: 'From a signed address.',
    tag,
    access: 'public',
    limit,
    params: Type.Object({ mediaId: Id }, closed),
    query: SignedQuery,
    answers: { 200: Type.Unknown({ description: 'The picture.', contentMediaType: 'image/*' }) },
    errors: ['media-link-invalid', 'media-not-found'],
    async handle({ params: { mediaId }, query: { expires, signature } }) {
      if (!links.holds('download', mediaId, expires, signature, deps.clock())) throw invalid()
      const found = await deps.storage.get(masterKey(mediaId))
      if (found === undefined) throw mediaNotFound(mediaId)
      return {
        status: 200,
        body: found.body,
        headers: {
          'content-type': 'image/webp',
          'content-length': String(found.bytes),
          'content-disposition': `attachment; filename="${mediaId}.webp"`,
        },
      }
    },
  }),
]
