import type { Mutant } from './list.ts'

const searching = 'services/search/search.test.ts'
const pictures = 'services/media/pictures.test.ts'

/** What is found, and what is shown of it. */
export const searchAndMediaMutants: readonly Mutant[] = [
  {
    name: 'taken-off-still-found',
    breaks: 'A product that was taken off sale is found for ever.',
    edits: [
      {
        file: 'services/search/write-due.ts',
        find: "  if (product === undefined || product.status !== 'active') return undefined\n",
        replace: '  if (product === undefined) return undefined\n',
      },
    ],
    turnsRed: [{ file: searching, test: 'products: put on show, changed, taken off' }],
  },
  {
    name: 'older-rating-wins',
    breaks: 'News that come late overwrite newer news: a product shows a rating it had last week.',
    edits: [
      {
        file: 'services/search/facts.sql.ts',
        find: '      rating_count = excluded.rating_count\n    where r.version < excluded.version`)',
        replace: '      rating_count = excluded.rating_count`)',
      },
    ],
    turnsRed: [{ file: searching, test: 'ratings: the newest one counts, in whatever order they come' }],
  },
  {
    name: 'uploaded-bytes-kept',
    breaks: 'What somebody sent is kept beside what was made of it, for whoever finds a way to it.',
    edits: [
      {
        file: 'services/media/keep-pictures.ts',
        find: '  await deps.storage.remove(kept ? [originalKey(mediaId)] : allKeys(mediaId))\n',
        replace: '  if (!kept) await deps.storage.remove(allKeys(mediaId))\n',
      },
    ],
    turnsRed: [
      {
        file: pictures,
        test: 'goes from being announced to being shown in every width and format, smaller ones not made larger',
      },
    ],
  },
  {
    name: 'others-faces',
    breaks: 'A stranger looks at, and deletes, a picture somebody uploaded of themselves.',
    edits: [
      {
        file: 'services/media/keep-pictures.ts',
        find: '!media.personal || media.shopId !== accountId)',
        replace: '!media.personal)',
      },
    ],
    turnsRed: [
      {
        file: 'services/media/personal.test.ts',
        test: 'is theirs alone: no shop, no stranger and no operator manages it',
      },
    ],
  },
]
