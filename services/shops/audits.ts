import type { Tx } from '@souk/postgres'
import type { AuditCheck, Finding } from '@souk/service'
import { countShops, overdueNews, ownerlessShops, shopsOffTheirHistory } from './audits.sql.ts'

const check = (title: string, find: (tx: Tx, maxFindings: number) => Promise<Finding[]>): AuditCheck => ({
  invariant: 'shops',
  title,
  run: async (tx, { maxFindings }) => ({ checked: await countShops(tx), findings: await find(tx, maxFindings) }),
})

// Shops are thousands, not millions: all of them are looked at each time.
export const shopAudits: readonly AuditCheck[] = [
  check('every shop has an owner, and is announced with one', async (tx, max) =>
    (await ownerlessShops(tx, max)).map(({ shopId }) => ({
      subject: `shop ${shopId}`,
      message: 'its owner is not among its owners',
    })),
  ),
  check('every shop is in the state its history ends with', async (tx, max) =>
    (await shopsOffTheirHistory(tx, max)).map(({ shopId, status, last }) => ({
      subject: `shop ${shopId}`,
      message: `it is ${status}, its history ends with ${last ?? 'nothing'}`,
    })),
  ),
  check('orders and identity have heard what became of shops and members within five minutes', async (tx, max) =>
    (await overdueNews(tx, max)).map(({ subject, what }) => ({ subject, message: what })),
  ),
]
