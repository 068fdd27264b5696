import { Type } from 'typebox'
import { contentTypes, formats, maxBytes, maxPersonalBytes, type Media, mediaStates, widths } from './picture.ts'

export const closed = { additionalProperties: false }
export const Id = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Array>[0]>(schema: T) => Type.Union([schema, Type.Null()])
const line = (minLength: number, maxLength: number, description: string) =>
  Type.String({ minLength, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$', description })

export const NewMediaBody = Type.Object(
  {
    shopId: Id,
    fileName: line(1, 200, 'For your own lists.'),
    alt: Type.Optional(line(0, 200, 'What is to be seen, for those who do not see it.')),
    contentType: Type.Enum([...contentTypes]),
    bytes: Type.Integer({
      minimum: 1,
      maximum: maxBytes,
      description: 'Exactly as many as will be sent; 50 MB at most.',
    }),
  },
  closed,
)

export const NewPersonalBody = Type.Object(
  {
    contentType: Type.Enum([...contentTypes]),
    bytes: Type.Integer({
      minimum: 1,
      maximum: maxPersonalBytes,
      description: 'Exactly as many as will be sent; 15 MB at most.',
    }),
  },
  closed,
)

export const MediaView = Type.Object(
  {
    id: Id,
    shopId: Type.String({ format: 'uuid', description: 'Of a picture of yourself: your account.' }),
    state: Type.Enum([...mediaStates], {
      description: 'awaiting its bytes → processing → ready; refused: `refusal` says why.',
    }),
    fileName: Type.String(),
    alt: Type.String(),
    contentType: Type.Enum([...contentTypes]),
    bytes: Type.Integer({ description: 'As uploaded.' }),
    storedBytes: Type.Integer({ description: 'What it counts in the quota of the shop.' }),
    width: orNull(Type.Integer()),
    height: orNull(Type.Integer()),
    url: orNull(Type.String({ description: 'For products: 960 pixels wide, WebP. null until it is ready.' })),
    variants: Type.Array(
      Type.Object(
        {
          name: Type.Integer({
            description: `${widths.join(', ')}: the width it is for; small pictures are not made larger.`,
          }),
          width: Type.Integer(),
          height: Type.Integer(),
          format: Type.Enum([...formats]),
          bytes: Type.Integer(),
          url: Type.String(),
        },
        closed,
      ),
    ),
    refusal: orNull(Type.String()),
    createdAt: Time,
  },
  closed,
)

export const UploadView = Type.Object(
  {
    media: MediaView,
    upload: Type.Object(
      {
        method: Type.Literal('PUT'),
        url: Type.String({
          description: 'Where the bytes go; below the address of this API when it begins with a slash.',
        }),
        headers: Type.Record(Type.String(), Type.String(), { description: 'To be sent with them.' }),
        expiresAt: Time,
      },
      closed,
    ),
  },
  closed,
)

export const UsageView = Type.Object(
  { files: Type.Integer(), bytes: Type.Integer(), quotaBytes: Type.Integer() },
  closed,
)

export const LinkView = Type.Object({ url: Type.String(), expiresAt: Time }, closed)

export const listOf = (item: typeof MediaView) =>
  Type.Object({ items: Type.Array(item), nextCursor: orNull(Type.String()) }, closed)

/** @param baseUrl what stands in front of /media */
export const pictureUrl = (baseUrl: string, mediaId: string, name: number, format: string) =>
  `${baseUrl}/media/${mediaId}/${name}.${format}`

/** @param baseUrl what stands in front of /media; empty for the shop API itself */
export function mediaView(media: Media, baseUrl: string) {
  const urlOf = (name: number, format: string) => pictureUrl(baseUrl, media.mediaId, name, format)
  return {
    id: media.mediaId,
    shopId: media.shopId,
    state: media.state,
    fileName: media.fileName,
    alt: media.alt,
    contentType: media.contentType,
    bytes: media.bytes,
    storedBytes: media.storedBytes,
    width: media.width,
    height: media.height,
    url: media.state === 'ready' ? urlOf(960, 'webp') : null,
    variants: media.variants.map((variant) => ({ ...variant, url: urlOf(variant.name, variant.format) })),
    refusal: media.refusal,
    createdAt: media.createdAt.toISOString(),
  }
}
