export const contentTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'] as const
export type ContentType = (typeof contentTypes)[number]

export const mediaStates = ['awaiting', 'processing', 'ready', 'refused', 'deleting'] as const
export type MediaState = (typeof mediaStates)[number]

export const maxBytes = 50 * 1024 * 1024
/** Of a personal picture: no telephone makes larger ones. */
export const maxPersonalBytes = 15 * 1024 * 1024
/** 50 megapixels are 200 MB while they are decoded; the largest phone cameras make 48. */
export const maxPixels = 50_000_000
export const widths = [160, 480, 960, 1600] as const
export const formats = ['webp', 'avif'] as const
export type Format = (typeof formats)[number]

export type Variant = { width: number; height: number; name: number; format: Format; bytes: number }

export type Media = {
  mediaId: string
  /** Of a personal picture: the account. */
  shopId: string
  /** Of somebody, uploaded by themselves. */
  personal: boolean
  state: MediaState
  fileName: string
  alt: string
  contentType: ContentType
  bytes: number
  storedBytes: number
  width: number | null
  height: number | null
  variants: Variant[]
  refusal: string | null
  createdAt: Date
  changedAt: Date
  uploadUntil: Date
}

// Where the files of a picture lie. What was uploaded is kept until it was looked at and brought into forms of ours.
export const originalKey = (mediaId: string): string => `originals/${mediaId}`
export const masterKey = (mediaId: string): string => `masters/${mediaId}.webp`
export const variantKey = (mediaId: string, name: number, format: Format): string =>
  `public/${mediaId}/${name}.${format}`
export const variantKeys = (mediaId: string): string[] =>
  widths.flatMap((width) => formats.map((format) => variantKey(mediaId, width, format)))
export const allKeys = (mediaId: string): string[] => [
  originalKey(mediaId),
  masterKey(mediaId),
  ...variantKeys(mediaId),
]

/** Whose file this is; undefined for what is none of ours. */
export const mediaIdOfKey = (key: string): string | undefined =>
  /^(?:originals|masters|public)\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:[./]|$)/.exec(
    key,
  )?.[1]
