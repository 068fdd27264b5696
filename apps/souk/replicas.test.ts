import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, type Replica, startEmbeddedPostgres, startReplica } from '@souk/embedded-postgres'
import { sql } from '@souk/postgres'
import { eventually, testSecret } from '@souk/testing'
import { afterAll, expect, test } from 'vitest'
import { openMarketplace } from './marketplace.ts'
import { allServices } from './services.ts'

const folder = mkdtempSync(join(tmpdir(), 'souk-lists-'))
const settings = { shared_buffers: '64MB' }
let primary: EmbeddedPostgres | undefined
let replica: Replica | undefined
afterAll(async () => {
  await replica?.stop()
  await primary?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const isReplica = sql`select pg_is_in_recovery() as it`

test('with SOUK_REPLICAS services read lists from a replica, in their own roles, and everything else from the primary', async () => {
  primary = await startEmbeddedPostgres({ folder: join(folder, 'primary'), settings })
  replica = await startReplica(primary, { folder: join(folder, 'replica'), settings })
  const marketplace = await openMarketplace({
    services: allServices,
    env: {
      DATABASE_URL: primary.url,
      SOUK_REPLICAS: JSON.stringify({ home: [replica.url] }),
      SOUK_SECRET: testSecret,
      SOUK_LOG_LEVEL: 'error',
    },
    port: 0,
    onProgress: () => {},
    onFatal: () => {},
  })
  try {
    const { databases } = marketplace.running.services.find(({ definition }) => definition.name === 'orders') ?? {}
    const [shard] = databases ?? []
    await eventually(async () => expect(await shard?.lists?.one(isReplica)).toEqual({ it: true }))
    expect(await shard?.db.autocommit.one(isReplica)).toEqual({ it: false })
    expect(
      await shard?.lists?.one(sql`select current_user::text as role, (select count(*)::int from orders) as n`),
    ).toEqual({
      role: 'souk_orders',
      n: 0,
    })
  } finally {
    await marketplace.stop()
  }
})
