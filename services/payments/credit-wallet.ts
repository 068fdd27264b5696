import { type Tx, uuidv7 } from '@souk/postgres'
import { createJournals } from './ledger.ts'
import { insertJournals } from './payments.sql.ts'
import { moveWallets } from './wallet.sql.ts'

/** Put money into a wallet out of goodwill. Resolves to the movement's id. */
export async function creditWallet(
  tx: Tx,
  credit: { customerId: string; currency: string; amountMinor: number; note: string },
  now: Date,
): Promise<string> {
  const movementId = uuidv7(now.getTime())
  await moveWallets(tx, [{ ...credit, movementId, cause: 'credit', causeId: movementId }], now)
  const journals = createJournals()
  journals.enter(null, credit.currency, {
    kind: 'credit',
    subjectId: movementId,
    postings: [
      { account: 'goodwill', amountMinor: credit.amountMinor },
      { account: 'wallet', amountMinor: -credit.amountMinor },
    ],
  })
  await insertJournals(tx, journals.close(), [uuidv7(now.getTime())], now)
  return movementId
}
