import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Answer, Route } from '@souk/http'
import { createShards } from '@souk/postgres'
import {
  callRoute,
  manualClock,
  memoryLog,
  type RouteCall,
  staff,
  testDatabase,
  type TestDatabase,
} from '@souk/testing'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mediaAudits } from './audits.ts'
import { folderStorage } from './folder-storage.ts'
import { media } from './index.ts'
import { sweep, sweepFiles } from './jobs.ts'
import { finishMedia, type MediaDeps } from './keep-pictures.ts'
import { createLinks } from './links.ts'
import { masterKey, originalKey, variantKeys } from './picture.ts'
import { publicRoutes } from './public-routes.ts'
import { mediaRoutes } from './routes.ts'

let database: TestDatabase
let deps: MediaDeps
let routes: Route[]
const folder = mkdtempSync(join(tmpdir(), 'souk-test-pictures-'))
const time = manualClock(new Date())
const queued: string[] = []
const [shopId, otherShop] = [randomUUID(), randomUUID()]
const [clerk, stranger] = [staff(shopId, 'catalog'), staff(otherShop, 'catalog')]
const quotaBytes = 200_000

beforeAll(async () => {
  database = await testDatabase([media])
  const links = createLinks(randomBytes(32))
  const db = database.open('media')
  deps = {
    shards: createShards([{ name: 'only', db }]),
    storage: folderStorage({ folder, links }),
    work: {
      async enqueue(_tx, _queue, payload) {
        queued.push((payload as { mediaId: string }).mediaId)
        return ''
      },
      enqueueAll: async () => [],
    },
    clock: time.clock,
    log: memoryLog(),
    quotaBytes,
  }
  routes = [...mediaRoutes(deps, ''), ...publicRoutes(deps, links)]
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

type Body = { id: string; code: string; reason: string; state: string; items: { id: string }[] } & {
  url: string
  detail: string
  media: { id: string }
  upload: { url: string }
  variants: { name: number; width: number; format: string }[]
}
const call = async (operation: string, given: RouteCall = {}) => {
  const answer = await callRoute(routes, operation, { principal: clerk, ...given })
  return { ...answer, body: answer.body as Body }
}
/** With bytes as its body: as the edge hands them over. */
async function send(url: string, type: string, bytes: Buffer, more: Record<string, string> = {}): Promise<number> {
  const route = routes.find((each) => each.operationId === 'uploadMedia') as Route
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const request = {
    params: { mediaId: pathname.split('/')[3] },
    query: { expires: Number(searchParams.get('expires')), signature: searchParams.get('signature') },
    body: Readable.from([bytes]),
    headers: { 'content-type': type, 'content-length': String(bytes.length), ...more },
  }
  try {
    return (await route.handle(request as never)).status
  } catch (error) {
    return (error as { row: { status: number } }).row.status
  }
}
const picture = (width = 64, height = 32) => sharp({ create: { width, height, channels: 3, background: '#c33' } })

async function announce(bytes: Buffer, contentType = 'image/png', shop = shopId) {
  return call('createMedia', { body: { shopId: shop, fileName: 'red.png', contentType, bytes: bytes.length } })
}
/** Announced, sent and completed. */
async function uploaded(bytes: Buffer, contentType = 'image/png') {
  const { body } = await announce(bytes, contentType)
  await send(body.upload.url, contentType, bytes)
  return {
    mediaId: body.media.id as string,
    completed: await call('completeMedia', { params: { mediaId: body.media.id } }),
  }
}
async function ready(bytes: Buffer, contentType = 'image/png'): Promise<string> {
  const { mediaId } = await uploaded(bytes, contentType)
  await finishMedia(deps, mediaId)
  return mediaId
}
const audited = async () =>
  (
    await Promise.all(
      mediaAudits(deps.storage, time.clock).map((audit) =>
        deps.shards
          .all()[0]!
          .db.transaction((tx) => audit.run(tx, { since: undefined, sinceMs: undefined, maxFindings: 10 })),
      ),
    )
  ).flatMap(({ findings }) => findings)

describe('a picture', () => {
  test('goes from being announced to being shown in every width and format, smaller ones not made larger', async () => {
    const bytes = await picture(700, 350).png().toBuffer()
    const announced = await announce(bytes)
    expect(announced.status).toBe(201)
    expect(announced.body.media).toMatchObject({ state: 'awaiting', url: null, bytes: bytes.length })
    expect((await call('completeMedia', { params: { mediaId: announced.body.media.id } })).body.code).toBe(
      'media-not-uploaded',
    )
    const { mediaId, completed } = await uploaded(bytes)
    expect(completed).toMatchObject({ status: 200, body: { state: 'processing', width: 700, height: 350 } })
    expect(queued).toContain(mediaId)
    expect((await call('completeMedia', { params: { mediaId } })).body.state).toBe('processing')
    await finishMedia(deps, mediaId)
    await finishMedia(deps, mediaId)
    const { body } = await call('getMedia', { params: { mediaId } })
    expect(body).toMatchObject({ state: 'ready', url: `/media/${mediaId}/960.webp` })
    expect(body.variants.map((one) => [one.name, one.width, one.format])).toEqual([
      [160, 160, 'webp'],
      [160, 160, 'avif'],
      [480, 480, 'webp'],
      [480, 480, 'avif'],
      [960, 700, 'webp'],
      [960, 700, 'avif'],
      [1600, 700, 'webp'],
      [1600, 700, 'avif'],
    ])
    expect(await deps.storage.stat(originalKey(mediaId))).toBeUndefined()
    const shown = (await call('getPicture', { params: { mediaId, file: '480.avif' } })) as Answer
    expect(shown.headers).toMatchObject({
      'content-type': 'image/avif',
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-resource-policy': 'cross-origin',
    })
    const metadata = await sharp(await buffer(shown.body as Readable)).metadata()
    expect([metadata.width, metadata.height]).toEqual([480, 240])
    const etag = String(shown.headers?.etag)
    expect(
      (await call('getPicture', { params: { mediaId, file: '480.avif' }, headers: { 'if-none-match': etag } })).status,
    ).toBe(304)
    expect(await audited()).toEqual([])
  })

  test('is turned the right way up and keeps nothing a camera has written into it', async () => {
    const bytes = await picture(64, 32)
      .withExif({ IFD0: { Copyright: 'somebody', Artist: 'at home' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    const mediaId = await ready(bytes, 'image/jpeg')
    for (const key of [masterKey(mediaId), ...variantKeys(mediaId)]) {
      const found = await deps.storage.get(key)
      const metadata = await sharp(await buffer(found?.body as Readable)).metadata()
      expect(metadata.exif).toBeUndefined()
      expect([metadata.width, metadata.height]).toEqual([32, 64])
    }
  })

  test('is downloaded by a signed link, by whoever has it, for five minutes', async () => {
    const mediaId = await ready(await picture().png().toBuffer())
    const { body } = await call('downloadMedia', { params: { mediaId } })
    const query = Object.fromEntries(new URL(body.url, 'http://localhost').searchParams)
    const fetched = await call('fetchMedia', { params: { mediaId }, query })
    expect(fetched.status).toBe(200)
    await buffer(fetched.body as unknown as Readable)
    expect((await call('fetchMedia', { params: { mediaId: randomUUID() }, query })).body.code).toBe(
      'media-link-invalid',
    )
    time.advance(301_000)
    expect((await call('fetchMedia', { params: { mediaId }, query })).body.code).toBe('media-link-invalid')
  })

  test('is its shop’s: to others it is not there, whatever they try', async () => {
    const bytes = await picture().png().toBuffer()
    const mediaId = await ready(bytes)
    for (const operation of ['getMedia', 'completeMedia', 'downloadMedia', 'deleteMedia'])
      expect((await call(operation, { params: { mediaId }, principal: stranger })).body.code).toBe('media-not-found')
    expect((await call('listMedia', { query: { shopId }, principal: stranger })).body.code).toBe('media-shop-not-found')
    expect((await call('getMediaUsage', { params: { shopId }, principal: stranger })).status).toBe(404)
    expect(
      (
        await call('createMedia', {
          principal: stranger,
          body: { shopId, fileName: 'x', contentType: 'image/png', bytes: 1 },
        })
      ).body.code,
    ).toBe('media-shop-not-found')
    expect((await call('listMedia', { query: { shopId } })).body.items.map((one) => one.id)).toContain(mediaId)
  })

  test('is gone with all its files when it is deleted, also while its variants are being made', async () => {
    const bytes = await picture().png().toBuffer()
    const mediaId = await ready(bytes)
    const { mediaId: underWay } = await uploaded(bytes)
    for (const id of [mediaId, underWay])
      expect((await call('deleteMedia', { params: { mediaId: id } })).status).toBe(204)
    await finishMedia(deps, underWay)
    for (const id of [mediaId, underWay])
      for (const key of [masterKey(id), originalKey(id), ...variantKeys(id)])
        expect(await deps.storage.stat(key)).toBeUndefined()
    expect((await call('getPicture', { params: { mediaId, file: '160.webp' } })).status).toBe(404)
    expect((await call('getMedia', { params: { mediaId } })).status).toBe(404)
    expect(await audited()).toEqual([])
  })
})

describe('room', () => {
  test('is kept from the announcement on: no two fit into what is left for one', async () => {
    const shop = randomUUID()
    const me = staff(shop, 'catalog')
    const one = (bytes: number) =>
      call('createMedia', { principal: me, body: { shopId: shop, fileName: 'x', contentType: 'image/png', bytes } })
    const answers = await Promise.all(Array.from({ length: 8 }, () => one(60_000)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'media-quota-exceeded',
      quotaBytes,
    })
    expect((await call('getMediaUsage', { principal: me, params: { shopId: shop } })).body).toEqual({
      files: 3,
      bytes: 180_000,
      quotaBytes,
    })
    time.advance(3_700_000)
    await sweep(deps)
    expect((await call('getMediaUsage', { principal: me, params: { shopId: shop } })).body).toMatchObject({
      files: 0,
      bytes: 0,
    })
    expect(await audited()).toEqual([])
  })
  test('is given back by the sweeper: files nobody has a row for go, a day old', async () => {
    const lost = originalKey(randomUUID())
    await deps.storage.put(lost, Buffer.from('lost'), { contentType: 'image/png', bytes: 4 })
    await sweepFiles(deps)
    expect(await deps.storage.stat(lost)).toBeDefined()
    time.advance(2 * 86_400_000 + 1_000)
    expect((await audited()).map(({ subject }) => subject)).toContain(lost)
    await sweepFiles(deps)
    expect(await deps.storage.stat(lost)).toBeUndefined()
    time.advance(-2 * 86_400_000 - 1_000)
  })
  test('a picture whose files are lost is found by the audit', async () => {
    const mediaId = await ready(await picture().png().toBuffer())
    await deps.storage.remove([masterKey(mediaId)])
    expect(await audited()).toEqual([{ subject: mediaId, message: `masters/${mediaId}.webp is missing` }])
    await call('deleteMedia', { params: { mediaId } })
  })
})

describe('hostile uploads', () => {
  const refusedAs = async (bytes: Buffer, contentType = 'image/png') => {
    const { mediaId, completed } = await uploaded(bytes, contentType)
    expect(completed.status, completed.body.detail).toBe(422)
    expect(await deps.storage.stat(originalKey(mediaId))).toBeUndefined()
    expect((await call('getMedia', { params: { mediaId } })).body.state).toBe('refused')
    await finishMedia(deps, mediaId)
    return completed.body.reason
  }
  test('what is no picture, or another one than announced, is refused', async () => {
    const png = await picture().png().toBuffer()
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    expect(await refusedAs(svg)).toMatch(/does not begin like/)
    expect(await refusedAs(Buffer.from('<!doctype html><script>1</script>'))).toMatch(/does not begin/)
    expect(await refusedAs(Buffer.from('%PDF-1.7 and so on and on'))).toMatch(/does not begin/)
    expect(await refusedAs(Buffer.from('x'))).toMatch(/does not begin/)
    expect(await refusedAs(png, 'image/jpeg')).toMatch(/announced as image\/jpeg and is image\/png/)
    expect((await announce(svg, 'image/svg+xml')).status).toBe(400)
  })
  test('what is something else as well is refused: a page, an archive, a document, something behind its end', async () => {
    const [png, jpeg, gif] = await Promise.all([
      picture().png().toBuffer(),
      picture().jpeg().toBuffer(),
      picture().gif().toBuffer(),
    ])
    const zipEnd = Buffer.concat([Buffer.from('504b0506', 'hex'), Buffer.alloc(18)])
    expect(await refusedAs(Buffer.concat([jpeg, Buffer.from('<script>alert(1)</script>')]), 'image/jpeg')).toMatch(
      /script/,
    )
    expect(await refusedAs(Buffer.concat([gif, Buffer.from('<?php system($_GET[0]) ?>')]), 'image/gif')).toMatch(
      /script/,
    )
    expect(await refusedAs(Buffer.concat([jpeg, zipEnd]), 'image/jpeg')).toMatch(/archive/)
    expect(
      await refusedAs(Buffer.concat([jpeg.subarray(0, 20), Buffer.from('%PDF-1.4'), jpeg.subarray(20)]), 'image/jpeg'),
    ).toMatch(/PDF/)
    expect(await refusedAs(Buffer.concat([png, Buffer.from('more')]))).toMatch(/behind its end/)
    expect(
      await refusedAs(
        await picture()
          .withExif({ IFD0: { ImageDescription: '<script>alert(1)</script>' } })
          .jpeg()
          .toBuffer(),
        'image/jpeg',
      ),
    ).toMatch(/script/)
  })
  test('what cannot be decoded whole is refused', async () => {
    const noise = await sharp(randomBytes(200 * 200 * 3), { raw: { width: 200, height: 200, channels: 3 } })
      .jpeg()
      .toBuffer()
    expect(await refusedAs(noise.subarray(0, Math.floor(noise.length / 2)), 'image/jpeg')).toMatch(/damaged/)
    const png = await picture().png().toBuffer()
    const bad = Buffer.concat([png.subarray(0, 50), Buffer.alloc(20, 7), png.subarray(70)])
    expect(await refusedAs(bad)).toMatch(/damaged|behind/)
    expect(
      await refusedAs(Buffer.concat([png.subarray(0, 8), randomBytes(300), Buffer.from('IEND'), Buffer.alloc(4)])),
    ).toMatch(/damaged/)
  })
  test('a small file of too many pixels is refused without being decoded', async () => {
    const bomb = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: 'white' } })
      .png({ palette: true, colours: 2, compressionLevel: 9 })
      .toBuffer()
    expect(bomb.length).toBeLessThan(100_000)
    expect(await refusedAs(bomb)).toMatch(/million pixels/)
  }, 20_000)
  test('more, fewer or other bytes than announced, a forged or a late link are refused, and nothing is kept', async () => {
    const bytes = await picture().png().toBuffer()
    const { body } = await announce(bytes)
    const { id } = body.media
    expect(await send(body.upload.url, 'image/png', Buffer.concat([bytes, bytes]))).toBe(422)
    expect(
      await send(body.upload.url, 'image/png', Buffer.concat([bytes, bytes]), {
        'content-length': String(bytes.length),
      }),
    ).toBe(422)
    expect(
      await send(body.upload.url, 'image/png', bytes.subarray(5), { 'content-length': String(bytes.length) }),
    ).toBe(422)
    expect(await send(body.upload.url, 'image/webp', bytes)).toBe(422)
    expect(await send(body.upload.url.replace(id, randomUUID()), 'image/png', bytes)).toBe(403)
    expect(await send(body.upload.url.replace(/expires=\d+/, 'expires=9999999999'), 'image/png', bytes)).toBe(403)
    expect(await deps.storage.stat(originalKey(id))).toBeUndefined()
    time.advance(16 * 60_000)
    expect(await send(body.upload.url, 'image/png', bytes)).toBe(403)
    expect(
      (
        await call('createMedia', {
          body: { shopId, fileName: 'x', contentType: 'image/png', bytes: 50 * 1024 * 1024 + 1 },
        })
      ).status,
    ).toBe(400)
  })
})
