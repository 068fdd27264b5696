import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { folderStorage } from './folder-storage.ts'
import { createLinks } from './links.ts'
import { masterKey, originalKey } from './picture.ts'
import { storageConformance } from './storage.conformance.ts'

describe('a folder', () =>
  storageConformance(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'souk-test-media-'))
    const links = createLinks(randomBytes(32))
    const storage = folderStorage({ folder, links })
    // As public-routes.ts does it, without a database.
    const server = createServer(async (request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost')
      const [, , what, mediaId = ''] = url.pathname.split('/')
      const [expires, signature] = [Number(url.searchParams.get('expires')), url.searchParams.get('signature') ?? '']
      const doing = what === 'uploads' ? 'upload' : 'download'
      if (!links.holds(doing, mediaId, expires, signature, new Date())) return response.writeHead(403).end()
      if (doing === 'upload') {
        await storage.put(originalKey(mediaId), request, {
          contentType: 'image/png',
          bytes: Number(request.headers['content-length']),
        })
        return response.writeHead(204).end()
      }
      const found = await storage.get(masterKey(mediaId))
      response.writeHead(200, { 'content-disposition': 'attachment' })
      return found?.body.pipe(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    return {
      storage,
      send: (url, init) => fetch(`http://127.0.0.1:${port}${url}`, init),
      async close() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
        rmSync(folder, { recursive: true, force: true })
      },
    }
  }))
