import { expect, test } from 'vitest'
import { paths, read } from './source.ts'

/** Columns that name a person. */
const ofPeople = /^ {2}(customer_id|account_id|person_id|owner_id|actor_id) uuid/m

/** Not asked for the export, and why. */
const leftOut: Readonly<Record<string, string>> = {
  'customers.customer_terms': 'words of the profile, to be found by',
  'identity.recovery_codes': 'digests of secrets',
  'orders.order_keys': 'digests of requests, for a day',
  'shops.duty_intents': 'what identity is about to be told; there it is a duty',
  'shops.shop_members': 'the duties of identity',
  'orders.imported_customers': "another system's number for them; with each order",
}

test('whatever is kept about people is among what their export asks for', () => {
  const forgotten = paths
    .filter((path) => /^services\/\w+\/schema\.sql$/.test(path))
    .flatMap((path) => {
      const service = path.split('/')[1] ?? ''
      const told = `services/${service}/personal.sql.ts`
      const asked = paths.includes(told) ? read(told) : ''
      return [...read(path).matchAll(/^CREATE TABLE (\w+) \(\n(.*?)^\)/gms)]
        .filter(([, table = '', columns = '']) => ofPeople.test(columns) && !new RegExp(`\\b${table}\\b`).test(asked))
        .map(([, table]) => `${service}.${table}`)
    })
  expect(forgotten.filter((table) => leftOut[table] === undefined)).toEqual([])
})
