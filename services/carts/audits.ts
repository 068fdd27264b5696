import type { Tx } from '@souk/postgres'
import type { AuditCheck, Finding } from '@souk/service'
import { checkoutsNotWhole, checkoutsStuck, countCheckouts, overlappingCheckouts } from './audits.sql.ts'

const check = (title: string, find: (tx: Tx, maxFindings: number) => Promise<Finding[]>): AuditCheck => ({
  invariant: 'carts',
  title,
  run: async (tx, { maxFindings }) => ({ checked: await countCheckouts(tx), findings: await find(tx, maxFindings) }),
})

export const cartAudits: readonly AuditCheck[] = [
  check(
    'a checkout that is done has an answer of every shop, and all or nothing where that was asked for',
    async (tx, max) =>
      (await checkoutsNotWhole(tx, max)).map(({ checkoutId, pending, placed, refused }) => ({
        subject: `checkout ${checkoutId}`,
        message: `${pending} pending, ${placed} placed, ${refused} refused`,
      })),
  ),
  check('a checkout is done within five minutes', async (tx, max) =>
    (await checkoutsStuck(tx, max)).map(({ checkoutId, createdAt, attempts }) => ({
      subject: `checkout ${checkoutId}`,
      message: `began ${createdAt.toISOString()} and is not done after ${attempts + 1} attempts`,
    })),
  ),
  check('a cart is checked out once at a time', async (tx, max) =>
    (await overlappingCheckouts(tx, max)).map(({ checkoutId, otherId }) => ({
      subject: `checkout ${checkoutId}`,
      message: `was under way when ${otherId} began`,
    })),
  ),
]
