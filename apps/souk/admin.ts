import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
}

/** Files of ours, the API beside them, and nothing else: no inline script or style, no other host, no frame around it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const common = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}
const forPages = { ...common, 'content-security-policy': policy, 'x-frame-options': 'DENY' }

type File = { body: Buffer; type: string; etag: string; packed: Map<string, Promise<Buffer>> }

/** Below this, packing saves nothing worth the header. */
const packFromBytes = 1_024

/**
 * The admin at `/admin/`: files of its build, read once. Names with a hash in them are kept for ever by browsers; every
 * other address below is a screen and gets the page, which is asked about each time. `built` may still be under way:
 * whoever comes first waits for it.
 */
export function serveAdmin(app: FastifyInstance, built: Promise<string>): void {
  const files = built.then(readAll)
  files.catch(() => {})
  const open = { config: { access: 'public' } }
  app.get('/admin', open, (_request, reply) => reply.redirect('/admin/', 308))
  app.get<{ Params: { '*': string } }>('/admin/*', open, async (request, reply) => {
    const path = request.params['*']
    const all = await files.catch(() => undefined)
    if (all === undefined)
      return reply
        .code(503)
        .headers(forPages)
        .type('text/plain')
        .send('The admin could not be built; the log says why.\n')
    const asset = path.startsWith('assets/')
    const file = all.get(path) ?? (asset ? undefined : all.get('index.html'))
    if (file === undefined) return reply.callNotFound()
    reply.headers(file.type.startsWith('text/html') ? forPages : common)
    reply.header('cache-control', asset ? 'public, max-age=31536000, immutable' : 'no-cache')
    return send(request, reply, file)
  })
}

async function send(request: FastifyRequest, reply: FastifyReply, file: File) {
  reply.headers({ etag: file.etag, 'content-type': file.type, vary: 'accept-encoding' })
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined
  if (encoding === undefined || file.body.length < packFromBytes || file.type.startsWith('image/png'))
    return reply.send(file.body)
  let packed = file.packed.get(encoding)
  if (packed === undefined) {
    packed = encoding === 'br' ? brotli(file.body, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }) : zip(file.body)
    file.packed.set(encoding, packed)
  }
  return reply.header('content-encoding', encoding).send(await packed)
}

const brotli = promisify(brotliCompress) as (body: Buffer, options: object) => Promise<Buffer>
const zip = promisify(gzip) as (body: Buffer) => Promise<Buffer>

async function readAll(folder: string): Promise<ReadonlyMap<string, File>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = new Map<string, File>()
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const body = await readFile(path)
    files.set(path.slice(folder.length + 1).replaceAll('\\', '/'), {
      body,
      type: types[extname(entry.name)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      packed: new Map(),
    })
  }
  return files
}
