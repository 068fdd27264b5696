import { integerArray, sql, type Tx, uuidArray } from '@souk/postgres'

export type WalletKey = { customerId: string; currency: string }
export type Balance = WalletKey & { balanceMinor: number }

export type Movement = WalletKey & {
  movementId: string
  /** Positive: into the wallet. */
  amountMinor: number
  cause: 'payment' | 'refund' | 'credit'
  /** The payment, the refund or the movement itself: each moves a wallet once. */
  causeId: string
  note: string
}

/** Those there are, locked in one order by everybody. */
export const lockWallets = (tx: Tx, keys: readonly WalletKey[]) =>
  tx.many<Balance>(sql`
    select w.customer_id as "customerId", w.currency, w.balance_minor as "balanceMinor" from wallets w
    where (w.customer_id, w.currency) in (
      select * from unnest(${uuidArray(keys.map(({ customerId }) => customerId))}::uuid[], ${keys.map(({ currency }) => currency)}::text[]))
    order by w.customer_id, w.currency for update`)

/**
 * Take from wallets and put into them, and say why. What is not there cannot be taken: the statement counts the wallets it
 * could change, and the check of the table stands behind it.
 * @throws RangeError when a wallet has too little: nothing may be committed then
 */
export async function moveWallets(tx: Tx, movements: readonly Movement[], now: Date): Promise<void> {
  const sums = new Map<string, WalletKey & { amountMinor: number }>()
  for (const { customerId, currency, amountMinor } of movements) {
    const key = `${customerId} ${currency}`
    const sum = sums.get(key) ?? { customerId, currency, amountMinor: 0 }
    sum.amountMinor += amountMinor
    sums.set(key, sum)
  }
  // In the order of their keys, as everybody does.
  const wallets = [...sums.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, sum]) => sum)
  const taking = wallets.filter(({ amountMinor }) => amountMinor < 0)
  const giving = wallets.filter(({ amountMinor }) => amountMinor > 0)
  const taken = taking.length === 0 ? 0 : await takeFrom(tx, taking)
  if (taken !== taking.length) throw new RangeError('a wallet holds less than is to be taken from it')
  if (giving.length > 0) await putInto(tx, giving)
  await tx.run(sql`
    insert into wallet_movements (movement_id, customer_id, currency, amount_minor, cause, cause_id, note, made_at)
    select n.*, ${now}::timestamptz from unnest(
      ${uuidArray(movements.map(({ movementId }) => movementId))}::uuid[],
      ${uuidArray(movements.map(({ customerId }) => customerId))}::uuid[],
      ${movements.map(({ currency }) => currency)}::text[],
      ${integerArray(movements.map(({ amountMinor }) => amountMinor))}::bigint[],
      ${movements.map(({ cause }) => cause)}::text[],
      ${uuidArray(movements.map(({ causeId }) => causeId))}::uuid[],
      ${movements.map(({ note }) => note)}::text[])
      as n (movement_id, customer_id, currency, amount_minor, cause, cause_id, note)`)
}

type Sum = WalletKey & { amountMinor: number }

const takeFrom = (tx: Tx, sums: readonly Sum[]) =>
  tx.run(sql`
    update wallets w set balance_minor = w.balance_minor + n.amount, version = w.version + 1
    from unnest(
      ${uuidArray(sums.map(({ customerId }) => customerId))}::uuid[],
      ${sums.map(({ currency }) => currency)}::text[],
      ${integerArray(sums.map(({ amountMinor }) => amountMinor))}::bigint[])
      as n (customer_id, currency, amount)
    where w.customer_id = n.customer_id and w.currency = n.currency and w.balance_minor + n.amount >= 0`)

const putInto = (tx: Tx, sums: readonly Sum[]) =>
  tx.run(sql`
    insert into wallets as w (customer_id, currency, balance_minor, version)
    select customer_id, currency, amount, 1 from unnest(
      ${uuidArray(sums.map(({ customerId }) => customerId))}::uuid[],
      ${sums.map(({ currency }) => currency)}::text[],
      ${integerArray(sums.map(({ amountMinor }) => amountMinor))}::bigint[])
      as n (customer_id, currency, amount)
    on conflict (customer_id, currency) do update
      set balance_minor = w.balance_minor + excluded.balance_minor, version = w.version + 1`)

export const readBalances = (tx: Tx, customerId: string) =>
  tx.many<{ currency: string; balanceMinor: number }>(sql`
    select currency, balance_minor as "balanceMinor" from wallets where customer_id = ${customerId} order by currency`)

export const listMovements = (tx: Tx, customerId: string, before: string | null, limit: number) =>
  tx.many<Movement & { made_at: Date }>(sql`
    select movement_id as "movementId", customer_id as "customerId", currency, amount_minor as "amountMinor", cause,
      cause_id as "causeId", note, made_at
    from wallet_movements
    where customer_id = ${customerId} and movement_id < coalesce(${before}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by movement_id desc limit ${limit}`)
