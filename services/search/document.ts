/** What is known of a product by those who look for it. Written whole, never changed in part. */
export type SearchDocument = {
  productId: string
  /** Grows with every writing; an older one never replaces a newer one. */
  mark: number
  shopId: string
  title: string
  tags: readonly string[]
  description: string
  language: Language
  /** With all their ancestors. */
  categoryIds: readonly string[]
  /** Of the cheapest variant on sale, now: sale prices included. */
  priceMinor: number
  currency: string
  /** 43 is 4.3 of 5; 0 while there is no review. */
  ratingTenths: number
  ratingCount: number
  available: boolean
  card: Card
}

/** What is shown of a hit beside what it is found by. */
export type Card = {
  slug: string
  /** Of the product, as catalog counts. Absent in what a release wrote that did not keep it. */
  version?: number
  /** What it costs outside a sale. */
  regularPriceMinor: number
  saleEndsAt: string | null
  pictureUrl: string
  pictureAlt: string
  ratingCount: number
}

export const languages = ['english', 'german', 'french', 'spanish', 'italian', 'portuguese', 'dutch'] as const
export type Language = (typeof languages)[number]

const byCode: Readonly<Record<string, Language>> = {
  en: 'english',
  de: 'german',
  fr: 'french',
  es: 'spanish',
  it: 'italian',
  pt: 'portuguese',
  nl: 'dutch',
}
/** Of a language's ISO 639-1 code; English when it is none of ours. */
export const languageOfCode = (code: string | undefined): Language => byCode[code ?? ''] ?? 'english'

const byCountry: Readonly<Record<string, Language>> = {
  DE: 'german',
  AT: 'german',
  CH: 'german',
  LI: 'german',
  FR: 'french',
  BE: 'french',
  LU: 'french',
  ES: 'spanish',
  MX: 'spanish',
  AR: 'spanish',
  CO: 'spanish',
  CL: 'spanish',
  IT: 'italian',
  PT: 'portuguese',
  BR: 'portuguese',
  NL: 'dutch',
}
/** The language a shop of this country most likely writes in. */
export const languageOfCountry = (country: string): Language => byCountry[country] ?? 'english'

/** Of this many letters of a description words are found: the rest is seldom what anybody looks for, and 5 million are kept. */
export const describedLength = 1_000

/**
 * Average rating drawn towards 3.5 by five imaginary voices, in thousandths: one single 5 does not stand before a hundred
 * voices for 4.8.
 */
export const ratingKeyOf = ({
  ratingTenths,
  ratingCount,
}: Pick<SearchDocument, 'ratingTenths' | 'ratingCount'>): number =>
  Math.round((((ratingTenths / 10) * ratingCount + 3.5 * 5) / (ratingCount + 5)) * 1_000)

/** How good a hit it is whatever was asked for: what can be had, is well rated, has a picture. 0 to 10,000. */
export const scoreOf = (document: Omit<SearchDocument, 'mark'>): number =>
  (document.available ? 4_000 : 0) + (document.card.pictureUrl === '' ? 0 : 1_000) + ratingKeyOf(document)

/** Lower case without accents, for comparing the beginnings of titles; 100 letters. */
export const titleKeyOf = (title: string): string =>
  title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().slice(0, 100)
