import { isUuid, sql, type Tx, uuidArray } from '@souk/postgres'
import type { Dossier } from './payment.ts'
import { readDossiersOf } from './payments.sql.ts'

/** By our reference; references that are none of ours are left out. */
export const readDossiers = (tx: Tx, records: readonly { ourReference: string }[]): Promise<Map<string, Dossier>> =>
  readDossiersOf(
    tx,
    records.map(({ ourReference }) => ourReference).filter((reference) => isUuid(reference)),
  )

/** Of which something waits to be done at the provider. */
export const whoIsBusy = async (tx: Tx, paymentIds: readonly string[]): Promise<Set<string>> =>
  new Set(
    (
      await tx.many<{ payment_id: string }>(sql`
        select distinct payment_id from operations
        where payment_id = any(${uuidArray(paymentIds)}::uuid[]) and state = 'waiting'`)
    ).map((row) => row.payment_id),
  )

/** Payments a provider was asked for in a time, a page in the order of their ids. */
export const listSentTo = async (tx: Tx, provider: string, from: Date, to: Date, after: string, limit: number) =>
  (
    await tx.many<{ payment_id: string }>(sql`
      select payment_id from intents
      where provider = ${provider} and asked_at >= ${from} and asked_at < ${to} and payment_id > ${after}::uuid
      order by payment_id limit ${limit}`)
  ).map((row) => row.payment_id)
