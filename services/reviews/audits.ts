import type { Tx } from '@souk/postgres'
import type { AuditCheck, Finding } from '@souk/service'
import { countReviews, withoutPurchase, wrongCounts, wrongRatings } from './audits.sql.ts'

const check = (title: string, find: (tx: Tx, maxFindings: number) => Promise<Finding[]>): AuditCheck => ({
  invariant: 'reviews',
  title,
  run: async (tx, { maxFindings }) => ({ checked: await countReviews(tx), findings: await find(tx, maxFindings) }),
})

// Reviews are some per hundred orders: all of them are counted each time.
export const reviewAudits: readonly AuditCheck[] = [
  check('every rating is what its published reviews add up to', async (tx, max) =>
    (await wrongRatings(tx, max)).map(({ productId, kept, counted }) => ({
      subject: `product ${productId}`,
      message: `its stars are kept as ${kept} and count ${counted}`,
    })),
  ),
  check('every review was written by somebody who was handed the product', async (tx, max) =>
    (await withoutPurchase(tx, max)).map(({ reviewId }) => ({
      subject: `review ${reviewId}`,
      message: 'its author is not known to have got the product',
    })),
  ),
  check('votes and reports are counted right, and every review is as its history says', async (tx, max) =>
    (await wrongCounts(tx, max)).map(({ reviewId, what }) => ({ subject: `review ${reviewId}`, message: what })),
  ),
]
