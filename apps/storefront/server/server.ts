import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { listenBehindDoors } from '@souk/http/doors'
import { readFiles } from './files.ts'
import { createPageCache, type Page, pageOf } from './page-cache.ts'
import { createPictures } from './pictures.ts'
import { bodyOf, TooLarge } from './read-body.ts'
import { isFromHere } from './same-site.ts'
import { warm } from './warm.ts'
import type { HandlerConfig, StorefrontHandler } from './handler.ts'

export type StorefrontOptions = HandlerConfig & {
  host: string
  port: number
  /** Where build.ts put the build: `client/` and `server/`. */
  build: string
  /** Believe X-Forwarded-For, -Host and -Proto. Default: no. */
  trustProxy?: boolean
  /** For so long pages are made before anybody is let in. Default: 0, none. */
  warmMs?: number
}

export type Storefront = { url: string; close(): Promise<void> }

const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** The shop window: pages from the build, files and pictures beside them, what many may see kept for a moment. */
export async function openStorefront(options: StorefrontOptions): Promise<Storefront> {
  const { trustProxy = false } = options
  const files = readFiles(join(options.build, 'client'))
  const built = (await import(pathToFileURL(join(options.build, 'server', 'index.js')).href)) as {
    createHandler(config: HandlerConfig): StorefrontHandler
  }
  const handle = built.createHandler(options)
  const cache = createPageCache()
  const pictures = createPictures(options.apiUrl)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request
    const [path = '/', query] = (request.url ?? '/').split('?', 2)
    const file = files.get(path)
    if (file !== undefined) return send(request, response, file)
    if (path === '/health') return send(request, response, health(cache))
    if (path.startsWith('/media/') || path.startsWith('/v1/pictures/'))
      return send(request, response, await cache.get(path, () => pictures(path)))
    if (unsafe.has(method)) {
      if (!isFromHere(headers, trustProxy))
        return send(request, response, plain(403, 'This form belongs to another site.'))
    } else if (method !== 'GET' && method !== 'HEAD') return send(request, response, plain(405, 'Not here.'))

    const forEverybody = !unsafe.has(method) && isForEverybody(path)
    const make = async () => {
      const asked = await webRequest(request, trustProxy)
      // What is kept is made without anybody's cookie: it cannot know who asks.
      if (forEverybody) asked.headers.delete('cookie')
      const answered = await handle(asked, addressOf(request, trustProxy))
      // Whatever says nothing about keeping is for whoever asked.
      if (!answered.headers.has('cache-control')) answered.headers.set('cache-control', 'private, no-store')
      return pageFrom(answered)
    }
    return send(request, response, await (forEverybody ? cache.get(`${path}?${query ?? ''}`, make) : make()))
  }

  if (options.warmMs !== undefined && options.warmMs > 0)
    await warm({
      from: ['/', '/sales', '/de'],
      budgetMs: options.warmMs,
      get: (path) =>
        cache.get(`${path}?`, async () => pageFrom(await handle(new Request(`http://${options.host}${path}`), ''))),
    })

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof TooLarge)) console.error('storefront:', error)
      if (response.headersSent) response.destroy()
      else send(request, response, error instanceof TooLarge ? plain(413, 'Too much.') : plain(500, 'Something broke.'))
    })
  })
  server.requestTimeout = 30_000
  server.headersTimeout = 10_000
  server.keepAliveTimeout = 15_000
  const doors = await listenBehindDoors(server, { host: options.host, port: options.port })
  return {
    url: `http://${options.host}:${doors.port}`,
    async close() {
      const closed = doors.close()
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), 5_000)
      await closed
      clearTimeout(cut)
    },
  }
}

/** Pages about one person are never looked for among the kept ones. */
const isForEverybody = (path: string): boolean =>
  !/^(\/de)?\/(cart|checkout|account|orders|payments|sign-(in|up|out)|wishlist|preferences|buy)(\/|\.|$)/.test(path)

async function webRequest(request: IncomingMessage, trustProxy: boolean): Promise<Request> {
  const { method = 'GET', headers } = request
  const forwarded = (name: string) =>
    trustProxy
      ? String(headers[name] ?? '')
          .split(',')[0]
          ?.trim()
      : ''
  const url = new URL(
    request.url ?? '/',
    `${forwarded('x-forwarded-proto') || 'http'}://${forwarded('x-forwarded-host') || headers.host || 'localhost'}`,
  )
  const given = new Headers()
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !name.startsWith(':')) given.set(name, Array.isArray(value) ? value.join(', ') : value)
  const body = unsafe.has(method) ? await bodyOf(request, url.pathname) : undefined
  // Of a HEAD the page is made all the same: its length is asked for, and it may be kept.
  return new Request(url, {
    method: method === 'HEAD' ? 'GET' : method,
    headers: given,
    ...(body !== undefined && { body }),
  })
}

const addressOf = (request: IncomingMessage, trustProxy: boolean): string =>
  (trustProxy &&
    String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim()) ||
  (request.socket.remoteAddress ?? '')

const pageFrom = async (response: Response): Promise<Page> =>
  pageOf(response.status, response.headers, Buffer.from(await response.arrayBuffer()))

const plain = (status: number, text: string): Page =>
  pageOf(
    status,
    [
      ['content-type', 'text/plain; charset=utf-8'],
      ['cache-control', 'no-store'],
    ],
    Buffer.from(text),
  )

const health = (cache: ReturnType<typeof createPageCache>): Page =>
  pageOf(
    200,
    [
      ['content-type', 'application/json'],
      ['cache-control', 'no-store'],
    ],
    Buffer.from(JSON.stringify({ status: 'ok', cache: { ...cache.size(), ...cache.counts } })),
  )

const packable = /^(text\/|application\/(json|manifest|javascript)|image\/svg|text\/x-script)/

function send(request: IncomingMessage, response: ServerResponse, page: Page): void {
  const lines = new Map<string, string | string[]>(security)
  for (const [name, value] of page.headers) {
    const before = lines.get(name)
    if (name === 'set-cookie') lines.set(name, [...(Array.isArray(before) ? before : []), value])
    else lines.set(name, value)
  }
  const type = String(lines.get('content-type') ?? '')
  lines.set('vary', 'accept-encoding')
  if (page.status === 200 && !lines.has('etag')) lines.set('etag', page.etag)
  if (page.status === 200 && request.headers['if-none-match'] === page.etag) {
    response.writeHead(304, flat(lines, ['content-type', 'content-length']))
    response.end()
    return
  }
  let { body } = page
  const accepted = String(request.headers['accept-encoding'] ?? '')
  if (body.length > 500 && packable.test(type)) {
    const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined
    if (encoding !== undefined) {
      body = page.packed(encoding)
      lines.set('content-encoding', encoding)
    }
  }
  lines.set('content-length', String(body.length))
  response.writeHead(page.status, flat(lines))
  response.end(request.method === 'HEAD' ? undefined : body)
}

const flat = (lines: ReadonlyMap<string, string | string[]>, without: readonly string[] = []) =>
  Object.fromEntries([...lines].filter(([name]) => !without.includes(name)))

const security: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), microphone=(), geolocation=()'],
  // Pages bring their own, with the hashes of their scripts.
  ['content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"],
]
