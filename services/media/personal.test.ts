import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MediaService } from '@souk/contracts/media'
import type { Route } from '@souk/http'
import { createShards } from '@souk/postgres'
import { createDirectory } from '@souk/rpc'
import { callRoute, manualClock, memoryLog, operator, type RouteCall, shopper, testDatabase } from '@souk/testing'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mediaAudits } from './audits.ts'
import { folderStorage } from './folder-storage.ts'
import { media } from './index.ts'
import { finishMedia, type MediaDeps } from './keep-pictures.ts'
import { createLinks } from './links.ts'
import { maxPersonalBytes, originalKey, variantKey } from './picture.ts'
import { personalRoutes } from './routes-personal.ts'
import { mediaRoutes } from './routes.ts'
import { mediaRpc } from './rpc.ts'

const folder = mkdtempSync(join(tmpdir(), 'souk-test-faces-'))
const time = manualClock(new Date())
const me = shopper()
const directory = createDirectory()
const rpc = directory.client(MediaService)
let database: Awaited<ReturnType<typeof testDatabase>>
let deps: MediaDeps
let routes: Route[]
let face: Buffer

beforeAll(async () => {
  database = await testDatabase([media])
  const links = createLinks(randomBytes(32))
  deps = {
    shards: createShards([{ name: 'only', db: database.open('media') }]),
    storage: folderStorage({ folder, links }),
    work: { enqueue: async () => '', enqueueAll: async () => [] },
    clock: time.clock,
    log: memoryLog(),
    quotaBytes: 1_000,
  }
  routes = [...mediaRoutes(deps, ''), ...personalRoutes(deps, '')]
  directory.serve(mediaRpc(deps, ''), [MediaService])
  face = await sharp({ create: { width: 60, height: 60, channels: 3, background: 'salmon' } })
    .png()
    .toBuffer()
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

type Body = Record<string, unknown> & {
  media: { id: string }
  items: unknown[]
}
const call = async (operation: string, given: RouteCall = {}) =>
  (await callRoute(routes, operation, { principal: me, ...given })) as { status: number; body: Body }
const announce = (principal = me, bytes = face.length) =>
  call('createPersonalPicture', { principal, body: { contentType: 'image/png', bytes } })

/** Announced, sent and completed. */
async function uploaded(principal = me): Promise<string> {
  time.advance(1)
  const { body } = await announce(principal)
  await deps.storage.put(originalKey(body.media.id), face, { contentType: 'image/png', bytes: face.length })
  const done = await call('completePersonalPicture', { principal, params: { mediaId: body.media.id } })
  expect(done.body.state).toBe('processing')
  return body.media.id
}
const stateOf = async (mediaId: string) =>
  (await call('getPersonalPicture', { params: { mediaId } })).body.state ?? 'none'

describe('a picture somebody uploads of themselves', () => {
  test('is theirs alone: no shop, no stranger and no operator manages it', async () => {
    const mediaId = await uploaded()
    const params = { mediaId }
    for (const principal of [shopper(), operator()]) {
      expect((await call('getPersonalPicture', { principal, params })).body.code).toBe('media-not-found')
      expect((await call('deletePersonalPicture', { principal, params })).body.code).toBe('media-not-found')
    }
    expect((await call('getMedia', { principal: operator(), params })).body.code).toBe('media-not-found')
    expect((await rpc.getPersonalPicture({ accountId: shopper().accountId, mediaId })).picture).toBeUndefined()
    expect((await rpc.getPersonalPicture({ accountId: me.accountId, mediaId })).picture).toMatchObject({
      url: `/media/${mediaId}/160.webp`,
    })
  })

  test('is looked at like every picture, and made anew', async () => {
    const mediaId = await uploaded()
    await finishMedia(deps, mediaId)
    expect(await stateOf(mediaId)).toBe('ready')
    expect(await deps.storage.stat(variantKey(mediaId, 160, 'webp'))).toBeDefined()
  })

  test('has room for three of the largest, whatever shops may keep', async () => {
    const hoarder = shopper()
    for (let count = 0; count < 3; count += 1) expect((await announce(hoarder, maxPersonalBytes)).status).toBe(201)
    expect((await announce(hoarder, 1)).body.code).toBe('media-quota-exceeded')
  })

  test('goes when another was chosen, and all of them when none is kept', async () => {
    const [old, chosen, later] = [await uploaded(), await uploaded(), await uploaded()]
    const stranger = shopper()
    const theirs = await uploaded(stranger)
    await rpc.keepPersonalPicture({ accountId: me.accountId, mediaId: chosen })
    expect([await stateOf(old), await stateOf(chosen), await stateOf(later)]).toEqual([
      'none',
      'processing',
      'processing',
    ])
    expect((await rpc.keepPersonalPicture({ accountId: me.accountId, mediaId: '' })).forgotten).toBe(2)
    expect((await rpc.keepPersonalPicture({ accountId: me.accountId, mediaId: '' })).forgotten).toBe(0)
    expect((await rpc.getPersonalPicture({ accountId: stranger.accountId, mediaId: theirs })).picture).toBeDefined()
    for (const check of mediaAudits(deps.storage, time.clock)) {
      const { findings } = await deps.shards
        .ofOwner(me.accountId)
        .db.transaction((tx) => check.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 9 }))
      expect(findings, check.title).toEqual([])
    }
  })
})
