import { accountClosed, accountRegistered } from '@souk/contracts'
import { uuidv7 } from '@souk/postgres'
import { callRoute, shopper, testDatabase } from '@souk/testing'
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
  const addresses = () => database.query('select email from notifications.recipients where email is not null')
  expect(await addresses()).toEqual([{ email: `${stays}@people.example` }])
  await desk.consume('accounts', received(accountClosed, { accountId: stays }))
  expect(await addresses()).toEqual([])
})

test('nothing is kept of a closed account again: not by news told once more, not by a token in its last second', async () => {
  const desk = testNotifications(database.open('notifications'), [fakeProvider('email').provider])
  const gone = uuidv7(Date.now())
  const comes = received(accountRegistered, { accountId: gone, email: 'gone@people.example', name: 'Ada Gone' })
  await desk.consume('accounts', comes)
  await desk.consume('accounts', received(accountClosed, { accountId: gone }))
  await desk.consume('accounts', comes)
  const principal = shopper({ accountId: gone })
  const body = { language: 'en', phone: '+442079460018', pushToken: null, kinds: [] }
  const { status } = await callRoute(desk.routes, 'setNotificationPreferences', { principal, body })
  expect(status).toBe(401)
  const kept = await database.query('select * from notifications.recipients where account_id = $1', [gone])
  expect(kept).toMatchObject([{ email: null, name: '', phone: null }])
  const shown = await callRoute(desk.routes, 'getNotificationPreferences', { principal })
  expect(shown.body).toMatchObject({ email: null, phone: null })
})
