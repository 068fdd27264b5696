import { gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fastify from 'fastify'
import { securityHeaders } from './headers.ts'

/** The page runs one script of ours and styles itself; it may ask this server and nobody else. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

type Page = { html: Buffer; script: Buffer }

const headers = { ...securityHeaders, 'content-security-policy': policy, 'cross-origin-opener-policy': 'same-origin' }

const send = (reply: FastifyReply, type: string, body: Buffer, cacheControl: string) =>
  reply
    .headers({ ...headers, 'content-type': type, 'content-encoding': 'gzip', 'cache-control': cacheControl })
    .send(body)

/**
 * The API reference at /docs, by Scalar. Its package costs 40 MB and 0.2 s to load, so that happens at the first visit,
 * in a server thrown away afterwards; page and script are kept compressed (1 MB).
 */
export function serveReference(app: FastifyInstance, title: string): void {
  let page: Promise<Page> | undefined
  const load = () => {
    page ??= render(title).catch((error: unknown) => {
      page = undefined
      throw error
    })
    return page
  }

  app.get('/docs', { config: { access: 'public' } }, async (_request, reply) =>
    send(reply, 'text/html; charset=utf-8', (await load()).html, 'no-cache'),
  )
  app.get('/docs/reference.js', { config: { access: 'public' } }, async (_request, reply) =>
    send(reply, 'text/javascript; charset=utf-8', (await load()).script, 'public, max-age=3600'),
  )
}

async function render(title: string): Promise<Page> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const inner = fastify({ logger: false })
  try {
    await inner.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        pageTitle: title,
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        mcp: { disabled: true },
        agent: { disabled: true },
      } as never,
    })
    const html = (await inner.inject('/docs/')).body
    const source = /<script[^>]+src="([^"]+)"/.exec(html)?.[1]
    if (source === undefined) throw new Error('the page of the API reference has no script')
    const path = new URL(source, 'http://localhost/docs/').pathname
    const script = await inner.inject(path)
    if (script.statusCode !== 200) throw new Error(`the script of the API reference is not at ${path}`)
    return { html: gzipSync(html.replace(source, '/docs/reference.js')), script: gzipSync(script.rawPayload) }
  } finally {
    await inner.close()
  }
}
