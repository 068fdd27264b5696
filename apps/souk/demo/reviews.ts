import { hash } from './pictures/index.ts'
import type { DemoPerson, DemoProduct, DemoReview } from './types.ts'

/** By stars, from one to five: how a review begins, what it goes on with, how it ends. */
const openings = [
  ['Sadly not for me', 'Came broken', 'Expected more'],
  ['Not quite what I hoped for', 'Could be better', 'Looks better in the picture'],
  ['Does its job', 'Fine for the price', 'Neither good nor bad'],
  ['Very nice', 'Good, with one wish', 'Happy with it'],
  ['Exactly right', 'Would buy it again', 'Better than expected', 'A lovely thing'],
] as const
const middles = [
  ['It did not survive the first week.', 'The parcel was fine; what was in it was not.'],
  ['It is smaller than I thought, and the colour is duller.', 'The finish is a bit rough at the edges.'],
  ['It is what the description says, no more and no less.', 'I use it now and then; it works.'],
  ['Well made, and it arrived a day early.', 'The family likes it. The instructions could be clearer.'],
  [
    'Beautifully made, carefully packed, and here within two days.',
    'I have had it for some weeks now and use it nearly every day.',
    'Bought one as a present, and then another for us.',
  ],
] as const
const endings = [
  ['The shop was kind about it, though.', 'I sent it back.'],
  ['Two stars for the quick delivery.', 'I will try another one.'],
  ['For this price I cannot complain.', 'All right.'],
  ['One star less because the box was much too large.', 'Recommended.'],
  ['Thank you!', 'Recommended without reserve.', 'Ten out of ten.'],
] as const
const answers = [
  'Thank you for telling us. We have written to you and will make it right.',
  'We are sorry that it was not what you hoped for. The next batch is better finished.',
] as const

/** Most buyers are content; who is not says so. Of a hundred: stars. */
const starsOf = (luck: number) => (luck < 5 ? 1 : luck < 11 ? 2 : luck < 23 ? 3 : luck < 52 ? 4 : 5)
const pick = (texts: readonly string[], seed: string): string => texts[hash(seed) % texts.length] ?? ''

/** What the demo's shoppers say of some of its products: of four in ten, up to six each; always the same. */
export const reviewsOf = (products: readonly DemoProduct[], people: readonly DemoPerson[]): DemoReview[] => {
  const shoppers = people.filter(({ role }) => role === 'shopper')
  return products
    .filter(({ key, status }) => status === 'active' && hash(`${key}/reviewed`) % 10 < 4)
    .flatMap((product) => {
      const count = 1 + (hash(`${product.key}/reviews`) % 6)
      const first = hash(`${product.key}/who`) % shoppers.length
      return Array.from({ length: count }, (_, index): DemoReview => {
        const person = shoppers[(first + index) % shoppers.length] as DemoPerson
        const seed = `${product.key}/${person.key}`
        const rating = starsOf(hash(`${seed}/stars`) % 100)
        const words = (of: readonly (readonly string[])[], what: string) =>
          pick(of[rating - 1] ?? [], `${seed}/${what}`)
        return {
          productKey: product.key,
          shopKey: product.shopKey,
          personKey: person.key,
          rating,
          title: words(openings, 'title'),
          text: `${words(middles, 'middle')} ${words(endings, 'end')}`,
          author: person.name.split(' ')[0] ?? '',
          daysAgo: 1 + (hash(`${seed}/when`) % 90),
          ...(rating <= 2 && hash(`${seed}/answered`) % 3 > 0 && { answer: pick(answers, seed) }),
          ...(hash(`${seed}/waits`) % 40 === 0 && { pending: true }),
        }
      })
    })
}
