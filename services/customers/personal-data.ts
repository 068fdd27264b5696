import { PersonalDataService as Carts } from '@souk/contracts/carts'
import { PersonalDataService as Identity } from '@souk/contracts/identity'
import { PersonalDataService as Media } from '@souk/contracts/media'
import { PersonalDataService as Notifications } from '@souk/contracts/notifications'
import { PersonalDataService as Orders } from '@souk/contracts/orders'
import { PersonalDataService as Payments } from '@souk/contracts/payments'
import { PersonalDataService as Promotions } from '@souk/contracts/promotions'
import { PersonalDataService as Reviews } from '@souk/contracts/reviews'
import { PersonalDataService as Settings } from '@souk/contracts/settings'
import type { Database } from '@souk/postgres'
import type { Directory } from '@souk/rpc'
import { recordsOf } from '@souk/service'
import { personalSections } from './personal.sql.ts'

type ListRecords = (request: { personId: string; cursor: string; orderIds: string[] }) => Promise<{
  records: { section: string; json: string }[]
  nextCursor: string
}>

/** Who keeps something about people; a service that begins to is added here, or the export is not all there is. */
export type Keepers = Readonly<Record<string, { listRecords: ListRecords }>>

export const keepersOf = (db: Database, directory: Directory): Keepers => ({
  customers: { listRecords: recordsOf(() => [db.autocommit], personalSections) },
  identity: directory.client(Identity),
  carts: directory.client(Carts),
  orders: directory.client(Orders),
  payments: directory.client(Payments),
  promotions: directory.client(Promotions),
  reviews: directory.client(Reviews),
  notifications: directory.client(Notifications),
  media: directory.client(Media),
  settings: directory.client(Settings),
})

/** By service, by section of it. */
export type PersonalData = Record<string, Record<string, unknown[]>>

const ordersAtOnce = 500

/**
 * Everything that is held about a person, from whoever holds it; nothing in part: where somebody does not answer it throws
 * as that call does. Orders come first, since some know what they keep by the order alone.
 */
export async function gatherPersonalData(keepers: Keepers, personId: string): Promise<PersonalData> {
  const { orders: ordersKeeper, ...others } = keepers
  const orders = ordersKeeper === undefined ? {} : await gather(ordersKeeper.listRecords, personId, [])
  const orderIds = (orders['orders'] ?? []).map((order) => (order as { orderId: string }).orderId)
  const rest = await Promise.all(
    Object.entries(others).map(async ([name, { listRecords }]) => {
      const found = await gather(listRecords, personId, orderIds.slice(0, ordersAtOnce))
      return [name, found] as const
    }),
  )
  const data: PersonalData = { orders, ...Object.fromEntries(rest) }
  // Of the orders beyond, what is kept by order alone; payments are all there is of that.
  for (let at = ordersAtOnce; keepers['payments'] !== undefined && at < orderIds.length; at += ordersAtOnce) {
    const more = await gather(keepers['payments'].listRecords, personId, orderIds.slice(at, at + ordersAtOnce))
    data['payments']?.['payments']?.push(...(more['payments'] ?? []))
  }
  return data
}

async function gather(listRecords: ListRecords, personId: string, orderIds: string[]) {
  const sections: Record<string, unknown[]> = {}
  let cursor = ''
  do {
    const page = await listRecords({ personId, cursor, orderIds })
    for (const { section, json } of page.records) (sections[section] ??= []).push(JSON.parse(json))
    cursor = page.nextCursor
  } while (cursor !== '')
  return sections
}
