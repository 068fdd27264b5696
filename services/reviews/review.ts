/** Every legal move of a review. Whoever edits it sends it back to the moderators. */
export const reviewMoves = {
  pending: { approve: 'published', refuse: 'refused', edit: 'pending' },
  published: { approve: 'published', refuse: 'refused', edit: 'pending' },
  refused: { approve: 'published', refuse: 'refused', edit: 'pending' },
} as const

export type ReviewState = keyof typeof reviewMoves
export type ReviewAction = 'approve' | 'refuse' | 'edit'
export const reviewStates = Object.keys(reviewMoves) as ReviewState[]

export type Words = { rating: number; title: string; text: string; author: string }

export type Review = {
  reviewId: string
  productId: string
  shopId: string
  customerId: string
  orderId: string
  version: number
  rating: number
  title: string
  text: string
  author: string
  state: ReviewState
  reason: string | null
  answer: string | null
  answeredAt: Date | null
  helpful: number
  openReports: number
  createdAt: Date
  submittedAt: Date
  decidedAt: Date | null
}

/** How many published reviews gave one to five stars. */
export type Stars = readonly [number, number, number, number, number]
export const noStars: Stars = [0, 0, 0, 0, 0]

export const countOf = (stars: Stars): number => stars.reduce((sum, each) => sum + each, 0)

/** The average in tenths, halves rounded up: 43 is 4.3 of 5. 0 while there is no review. */
export function tenthsOf(stars: Stars): number {
  const count = countOf(stars)
  const sum = stars.reduce((total, each, index) => total + each * (index + 1), 0)
  return count === 0 ? 0 : Math.floor((20 * sum + count) / (2 * count))
}

type Shown = Pick<Review, 'state' | 'rating'>

/** What a change of one review adds to each count of its product's stars; undefined when nothing of it is to be seen. */
export function starsChanged(before: Shown | undefined, after: Shown | undefined): Stars | undefined {
  const of = (review: Shown | undefined, star: number) =>
    review?.state === 'published' && review.rating === star ? 1 : 0
  const change = [1, 2, 3, 4, 5].map((star) => of(after, star) - of(before, star)) as unknown as Stars
  return change.every((each) => each === 0) ? undefined : change
}

// Written backwards, invisible, or stacked over other lines: none of it is something a reader should meet. The joiners
// U+200C and U+200D stay: Persian and composed emoji need them.
// oxlint-disable-next-line no-misleading-character-class
const unseen = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu
const stacked = /(\p{M}{4})\p{M}+/gu

/**
 * Text as it is kept: composed characters, no marks of direction or other characters nobody sees, no more than four marks
 * on a letter, no blanks at the ends of lines and one empty line at most. Never markup: who shows it escapes it.
 */
export const tidy = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(unseen, '')
    .replace(stacked, '$1')
    .replace(/[^\S\n]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

export const tidyLine = (text: string): string => tidy(text).replace(/\s+/g, ' ')

export type Sign = 'link' | 'contact' | 'shouting' | 'markup'

/** What a moderator should look at twice. A hint, never a decision. */
export function signsOf({ title, text }: Pick<Words, 'title' | 'text'>): Sign[] {
  const all = `${title}\n${text}`
  const letters = all.replace(/[^\p{L}]/gu, '')
  const signs: [Sign, boolean][] = [
    ['link', /\b(?:https?:\/\/|www\.)|\b[a-z0-9-]{2,}\.(?:com|net|org|io|ru|cn|shop|xyz|info|de|eu)\b/i.test(all)],
    ['contact', /[^\s@]{1,64}@[^\s@]{1,190}\.[a-z]{2,}|(?:\+|00)\d[\d\s().-]{7,20}\d/i.test(all)],
    ['shouting', letters.length >= 20 && letters === letters.toUpperCase() && letters !== letters.toLowerCase()],
    ['markup', /<\/?[a-z!][^<]{0,500}>?|&#?\w{2,8};|\bjavascript:/i.test(all)],
  ]
  return signs.flatMap(([sign, found]) => (found ? [sign] : []))
}
