import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { masterKey, originalKey, variantKey } from './picture.ts'
import type { Storage } from './storage.ts'

const png = { contentType: 'image/png' }

/** What every storage must do alike. `fetchUrl` sends a request to a link it gave. */
export function storageConformance(
  open: () => Promise<{
    storage: Storage
    send(url: string, init?: RequestInit): Promise<Response>
    close(): Promise<void>
  }>,
): void {
  describe('keeps files', () => {
    let storage: Storage
    let send: (url: string, init?: RequestInit) => Promise<Response>
    let close: () => Promise<void>
    beforeAll(async () => {
      ;({ storage, send, close } = await open())
    }, 60_000)
    afterAll(() => close())
    const textOf = async (key: string) => {
      const found = await storage.get(key)
      return found && (await buffer(found.body)).toString()
    }

    test('gives back what was put, from memory and from a stream', async () => {
      const [a, b] = [originalKey(randomUUID()), masterKey(randomUUID())]
      await storage.put(a, Buffer.from('first'), { ...png, bytes: 5 })
      await storage.put(b, Readable.from([Buffer.from('sec'), Buffer.from('ond')]), { ...png, bytes: 6 })
      expect(await textOf(a)).toBe('first')
      expect(await textOf(b)).toBe('second')
      expect(await storage.stat(b)).toEqual({ bytes: 6 })
      await storage.put(a, Buffer.from('again'), { ...png, bytes: 5 })
      expect(await textOf(a)).toBe('again')
    })
    test('knows what is not there', async () => {
      const key = originalKey(randomUUID())
      expect(await storage.get(key)).toBeUndefined()
      expect(await storage.stat(key)).toBeUndefined()
      expect(await storage.withFile(key, async () => 'used')).toBeUndefined()
      await storage.remove([key])
    })
    test('keeps nothing of a file that is shorter or longer than announced, or breaks off', async () => {
      for (const bytes of [2, 9]) {
        const key = originalKey(randomUUID())
        await expect(storage.put(key, Buffer.from('five!'), { ...png, bytes })).rejects.toThrow()
        expect(await storage.stat(key)).toBeUndefined()
      }
      const key = originalKey(randomUUID())
      const breaking = Readable.from(
        (async function* () {
          yield Buffer.from('fi')
          throw new Error('the sender hung up')
        })(),
      )
      await expect(storage.put(key, breaking, { ...png, bytes: 5 })).rejects.toThrow()
      expect(await storage.stat(key)).toBeUndefined()
    })
    test('removes, many at once', async () => {
      const mediaId = randomUUID()
      const keys = [variantKey(mediaId, 160, 'webp'), variantKey(mediaId, 160, 'avif'), masterKey(mediaId)]
      for (const key of keys) await storage.put(key, Buffer.from('x'), { ...png, bytes: 1 })
      await storage.remove(keys)
      for (const key of keys) expect(await storage.stat(key)).toBeUndefined()
    })
    test('lists by key, page by page', async () => {
      const ids = Array.from({ length: 3 }, () => randomUUID()).sort()
      const keys = ids.flatMap((id) => [variantKey(id, 160, 'avif'), variantKey(id, 160, 'webp')])
      for (const key of keys.toReversed()) await storage.put(key, Buffer.from('xy'), { ...png, bytes: 2 })
      const listed: string[] = []
      for (let after = ''; ; ) {
        const page = await storage.list('public/', after, 4)
        listed.push(...page.map(({ key }) => key))
        for (const { bytes, changedAt } of page) {
          expect(bytes).toBe(2)
          expect(Math.abs(Date.now() - changedAt.getTime())).toBeLessThan(120_000)
        }
        const last = page.at(-1)
        if (last === undefined) break
        after = last.key
      }
      expect(listed).toEqual(keys)
      expect(await storage.list('nothing/', '', 10)).toEqual([])
    })
    test('lends a copy on this machine', async () => {
      const key = originalKey(randomUUID())
      await storage.put(key, Buffer.from('lent'), { ...png, bytes: 4 })
      expect(await storage.withFile(key, async (path) => (await readFile(path)).toString())).toBe('lent')
    })
    test('keys that would leave the place are refused', async () => {
      for (const key of ['../secret', 'originals/../../x', '/etc/passwd', 'originals/a b', 'originals', ''])
        await expect(storage.put(key, Buffer.from('x'), { ...png, bytes: 1 })).rejects.toThrow(/key/)
    })
    test('a link to upload takes this file until then, and nothing without its signature', async () => {
      const key = originalKey(randomUUID())
      const target = await storage.uploadTarget(key, { ...png, bytes: 5, until: new Date(Date.now() + 60_000) })
      const { method, url, headers } = target
      expect(
        (
          await send(
            url.replace(/signature=\w{4}/i, (found) => `${found.slice(0, -4)}AAAA`),
            { method, headers, body: 'fakes' },
          )
        ).status,
      ).toBe(403)
      expect(await storage.stat(key)).toBeUndefined()
      expect((await send(url, { method, headers, body: 'right' })).ok).toBe(true)
      expect(await textOf(key)).toBe('right')
    })
    test('a link to download gives this file until then', async () => {
      const [key, other] = [masterKey(randomUUID()), masterKey(randomUUID())]
      for (const each of [key, other])
        await storage.put(each, Buffer.from('picture'), { contentType: 'image/webp', bytes: 7 })
      const url = await storage.downloadUrl(key, { fileName: 'a "b".webp', until: new Date(Date.now() + 60_000) })
      const answer = await send(url)
      expect(answer.status).toBe(200)
      expect(await answer.text()).toBe('picture')
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
      const [id = '', otherId = ''] = [key, other].map((each) => each.slice(8, -5))
      expect((await send(url.replace(id, otherId))).status).toBe(403)
    })
  })
}
