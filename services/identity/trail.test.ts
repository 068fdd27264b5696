import { eventually, operator } from '@souk/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goodPassword, settings, startIdentity } from './test-identity.ts'

let id: Awaited<ReturnType<typeof startIdentity>>
beforeAll(async () => {
  id = await startIdentity({ ...settings, SOUK_REHEARSAL: false })
})
afterAll(() => id.close())

/** Seal all there is, once it is final: transactions of other tests on the same server hold it up, as any long one would. */
const seal = async () => {
  await eventually(async () => {
    const [edge] = await id.database.query<{ isFinal: boolean }>(
      `select max(xid) < pg_snapshot_xmin(pg_current_snapshot()) as "isFinal" from identity.auth_events`,
    )
    expect(edge?.isFinal).toBe(true)
  })
  await id.job('identity.seal-trail')
}

/** As somebody who got hold of the database itself would. */
const meddle = (statements: string) =>
  id.database.query(`begin; set local session_replication_role = replica; ${statements}; commit`)
const tamper = async (statements: string, undo: string) => {
  await meddle(statements)
  const found = await id.findings()
  await meddle(undo)
  return found
}

test('the chain holds, and whatever is altered, taken out or slipped in breaks it', async () => {
  const ada = await id.register()
  await seal()
  await id.logIn(ada.email, 'wrong-donkey-battery')
  await id.logIn(ada.email, goodPassword)
  await seal()
  await seal()
  expect(await id.database.query('select number from identity.auth_event_seals')).toHaveLength(2)
  expect(await id.findings()).toEqual([])

  expect(
    await tamper(
      `update identity.auth_events set kind = 'signed-in' where kind = 'sign-in-failed'`,
      `update identity.auth_events set kind = 'sign-in-failed' where seq = 2`,
    ),
  ).toEqual(['I21 seal 2 its events are not what they were when it was made'])
  expect(
    await tamper(
      `create table identity.kept as select * from identity.auth_events where seq = 2;
       delete from identity.auth_events where seq = 2`,
      `insert into identity.auth_events overriding system value select * from identity.kept; drop table identity.kept`,
    ),
  ).toEqual(['I21 seal 2 covers 2 events, 1 are there'])
  expect(
    await tamper(
      `create table identity.kept as select * from identity.auth_event_seals where number = 1;
       delete from identity.auth_event_seals where number = 1`,
      `insert into identity.auth_event_seals select * from identity.kept; drop table identity.kept`,
    ),
  ).toEqual([expect.stringContaining('a seal is missing')])
  expect(
    await tamper(
      `update identity.auth_events set address = '' where seq = 1;
       update identity.auth_event_seals set rows_digest = rows_digest || '' where number = 1`,
      `update identity.auth_events set address = '203.0.113.7' where seq = 1`,
    ),
  ).toEqual(['I21 seal 1 its events are not what they were when it was made'])
  expect(await id.findings()).toEqual([])
})

test('the service itself can neither change nor remove what it wrote', async () => {
  const client = id.context.db.autocommit
  const attempt = (text: string) => client.run({ name: '', text, values: [] })
  await expect(attempt(`update auth_events set kind = 'signed-in'`)).rejects.toThrow('permission denied')
  await expect(attempt('delete from auth_events')).rejects.toThrow('permission denied')
  await expect(attempt('truncate auth_event_seals')).rejects.toThrow('permission denied')
  await expect(id.database.query('delete from identity.auth_events')).rejects.toThrow('written once')
})

test('operators read it newest first, page by page, of one account if they wish', async () => {
  const ada = await id.register()
  await id.logIn(ada.email, goodPassword)
  type Page = { items: { seq: number; kind: string; emailMasked: string }[]; nextCursor: string | null }
  const page = (query: Record<string, unknown>) => id.call<Page>('listTrail', { principal: operator(), query })
  const first = await page({ limit: 1, accountId: ada.accountId })
  expect(first.body.items).toMatchObject([{ kind: 'signed-in', emailMasked: 'p***@example.com' }])
  const second = await page({ limit: 1, accountId: ada.accountId, cursor: first.body.nextCursor })
  expect(second.body).toMatchObject({ items: [{ kind: 'registered' }], nextCursor: null })
  await id.refresh((await id.logIn(ada.email, goodPassword)).body.refreshToken)
  const kinds = async (query: object) =>
    (await page({ accountId: ada.accountId, ...query })).body.items.map(({ kind }) => kind)
  expect(await kinds({ limit: 2 })).toEqual(['refreshed', 'signed-in'])
  expect(await kinds({ limit: 2, without: 'refreshed' })).toEqual(['signed-in', 'signed-in'])
  const all = await page({ limit: 100 })
  const numbers = all.body.items.map((item) => item.seq)
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a))
})

test('operators find what somebody did or had done to them, by name or address, and by what it was and when', async () => {
  const bertha = await id.register({ email: 'Bertha.Benz@motor.example', name: "Bertha O'Ringer-Benz" })
  await id.logIn(bertha.email, 'wrong-donkey-battery')
  const boss = operator()
  await id.call('disableAccount', { principal: boss, params: { accountId: bertha.accountId } })
  type Item = { seq: number; kind: string; occurredAt: string }
  const kinds = async (query: Record<string, unknown>) => {
    const { status, body } = await id.call<{ items: Item[] }>('listTrail', { principal: boss, query })
    expect(status).toBe(200)
    return body.items.map(({ kind }) => kind)
  }
  const hers = ['account-disabled', 'sign-in-failed', 'registered']
  for (const who of ['bertha.benz@m', 'benz', 'BERTHA RINGER', "o'ringer benz", bertha.accountId])
    expect(await kinds({ who }), who).toEqual(hers)
  expect(await kinds({ who: 'bertha lovelace' })).toEqual([])
  expect(await kinds({ who: `' | !x:* & (` })).toEqual([])
  expect(await kinds({ who: boss.accountId, kind: 'account-disabled' })).toEqual(['account-disabled'])
  expect(await kinds({ who: 'benz', kind: 'registered' })).toEqual(['registered'])
  const { body } = await id.call<{ items: Item[] }>('listTrail', { principal: boss, query: { who: 'benz' } })
  const [last, middle] = body.items.map(({ occurredAt }) => occurredAt)
  expect(await kinds({ who: 'benz', from: last })).toContain('account-disabled')
  expect(await kinds({ who: 'benz', until: middle })).not.toContain('account-disabled')
  const accounts = await id.call<{ items: { name: string }[] }>('listAccounts', {
    principal: boss,
    query: { query: 'benz' },
  })
  expect(accounts.body.items).toMatchObject([{ name: "Bertha O'Ringer-Benz" }])
})

test('rehearsals that are switched off stay off', async () =>
  expect(await id.call('makeRehearsalShoppers', { principal: operator(), body: { count: 1 } })).toMatchObject({
    status: 403,
    body: { code: 'rehearsal-off' },
  }))

test('no password, token, key or whole e-mail address leaks into log, errors, events or trail; none is stored readable', async () => {
  const canary = 'CANARY-9f8e7d6c'
  const person = await id.register({ email: `${canary}@example.com`, password: `${canary} in a password` })
  const failures = [
    await id.logIn(person.email, `${canary} wrong password`),
    await id.refresh(`${canary}-token`),
    await id.call('register', { body: { email: person.email, password: `${canary}-again`, name: canary } }),
    await id.call('register', { body: { email: `x-${canary}@example.com`, password: canary.slice(0, 5), name: 'x' } }),
  ]
  const { body: made } = await id.call<{ key: string; keyId: string }>('makeApiKey', {
    principal: person.principal,
    body: { name: 'till', permissions: [] },
  })
  await id.rpc.verifyApiKey({ key: made.key })
  const refreshed = await id.refresh(person.refreshToken)
  const secret = made.key.split('_').slice(2).join('_')
  const secrets = [`${canary} in a password`, `${canary} wrong password`, `${canary}-token`, secret]
  const tokens = [person.accessToken, person.refreshToken, refreshed.body.refreshToken, refreshed.body.accessToken]

  const seen = JSON.stringify([id.log.lines, failures])
  expect(seen).not.toContain(canary)
  for (const each of [...secrets, ...tokens]) expect(seen).not.toContain(each)
  const events = JSON.stringify(
    id.outbox.events.map(({ payload }) => payload),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  )
  for (const each of [...secrets, ...tokens]) expect(events).not.toContain(each)
  const trail = JSON.stringify(await id.database.query('select * from identity.auth_events'))
  expect(trail).not.toContain(canary)

  const tables = await id.database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'identity' and table_type = 'BASE TABLE'`,
  )
  for (const { name } of tables) {
    const rows = await id.database.query<{ text: string }>(`select t::text as text from identity.${name} as t`)
    const stored = rows.map((row) => row.text).join('\n')
    for (const each of [...secrets, ...tokens]) expect(stored, name).not.toContain(each)
    expect(stored, name).not.toContain('PRIVATE')
  }
})
