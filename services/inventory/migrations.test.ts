import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bucketOf, migrate, uuidv7 } from '@souk/postgres'
import { testDatabase, testSecret } from '@souk/testing'
import { expect, test } from 'vitest'
import { inventory } from './index.ts'
import { listLots } from './lots.sql.ts'
import { settleAbandoned } from './settle-transfers.ts'
import { testInventory } from './test-inventory.ts'

test('goods that lay there before there were lots lie in one, and a change that waited ends as it would have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'souk-inventory-'))
  await copyFile(new URL('migrations/0001_inventory.sql', import.meta.url), join(folder, '0001_inventory.sql'))
  const database = await testDatabase([{ name: 'inventory', migrations: pathToFileURL(`${folder}/`) }])
  try {
    const shopId = randomUUID()
    const id = () => uuidv7(Date.now(), bucketOf(shopId))
    const [variant, place, receipt, granted, change, taking] = [id(), id(), id(), id(), id(), id()]
    const insert = (table: string, row: object) =>
      database.query(
        `insert into inventory.${table} select * from json_populate_record(null::inventory.${table}, $1)`,
        [JSON.stringify(row)],
      )
    const at = new Date().toISOString()
    const about = { variant_id: variant, shop_id: shopId, actor: 'test', note: '', at, xid: '3' }
    await insert('locations', { id: place, shop_id: shopId, name: 'Main', is_default: true, created_at: at })
    await database.query(
      `insert into inventory.items (variant_id, product_id, shop_id, sku, title, active, catalog_version, on_hand, leaving, allotted, withdrawing, changed_at)
       values ($1, $1, $2, 'POT', 'Pot', true, 1, 10, 4, 10, 4, now())`,
      [variant, shopId],
    )
    await insert('stock', { variant_id: variant, location_id: place, on_hand: 10, leaving: 4, version: 1 })
    const asked = { shop_id: shopId, note: '', actor: 'test', request_hash: '\\x00', created_at: at }
    await insert('changes', { ...asked, id: receipt, reason: 'received', state: 'applied', settled_at: at })
    await insert('changes', { ...asked, id: change, reason: 'counted', state: 'withdrawing' })
    await insert('change_lines', { change_id: change, variant_id: variant, location_id: place, delta: -4, withdraw: 4 })
    const transfer = { shop_id: shopId, variant_id: variant, created_at: at }
    await insert('transfers', {
      ...transfer,
      id: granted,
      change_id: receipt,
      direction: 'grant',
      quantity: 10,
      state: 'done',
      settled_at: at,
    })
    await insert('transfers', {
      ...transfer,
      id: taking,
      change_id: change,
      direction: 'withdrawal',
      quantity: 4,
      state: 'pending',
    })
    const came = { ...about, on_hand: 10, on_hand_delta: 10, allotted_delta: 0, location_id: place, kind: 'receipt' }
    await insert('movements', { ...came, id: id(), cause_kind: 'change', cause_id: receipt })
    const was = { ...about, on_hand: 10, on_hand_delta: 0, allotted_delta: 10, kind: 'grant' }
    await insert('movements', { ...was, id: id(), cause_kind: 'transfer', cause_id: granted })

    await migrate({
      url: database.url,
      services: [{ service: 'inventory', sets: [{ name: 'inventory', folder: inventory.migrations }] }],
      secret: testSecret,
    })

    const inv = testInventory(database.shards('inventory'))
    expect(await inv.audit()).toEqual([])
    const lots = () => listLots(inv.deps.shards.ofOwner(shopId).db.autocommit, variant, undefined, 10)
    expect(await lots()).toMatchObject([{ code: '', expiresOn: null, onHand: 10, leaving: 4, assigned: 0 }])
    inv.orders.grantBefore(variant, 10)
    await settleAbandoned(inv.deps, -1_000)
    expect(await lots()).toMatchObject([{ onHand: 6, leaving: 0 }])
    expect(await inv.audit()).toEqual([])
  } finally {
    await database.close()
    await rm(folder, { recursive: true })
  }
})
