import { accountClosed, accountRegistered } from '@souk/contracts'
import { uuidv7 } from '@souk/postgres'
import { testDatabase } from '@souk/testing'
import { afterAll, expect, test } from 'vitest'
import { notifications } from './index.ts'
import { fakeProvider, received, testNotifications } from './test-notifications.ts'

const database = await testDatabase([notifications])
afterAll(() => database.close())

test('an account that was closed leaves no address behind, also when the news come in one batch', async () => {
  const desk = testNotifications(database.open('notifications'), [fakeProvider('email').provider])
  const [gone, stays] = [uuidv7(Date.now()), uuidv7(Date.now())]
  const comes = (accountId: string) =>
    received(accountRegistered, { accountId, email: `${accountId}@people.example`, name: 'Ada' })
  await desk.consume('accounts', comes(gone), comes(stays), received(accountClosed, { accountId: gone }))
  const kept = await database.query<{ account_id: string }>('select account_id from notifications.recipients')
  expect(kept).toEqual([{ account_id: stays }])
  await desk.consume('accounts', received(accountClosed, { accountId: stays }))
  expect(await database.query('select from notifications.recipients')).toEqual([])
})
