import type { ErrorRow } from '@souk/errors'
import type { FastifyInstance } from 'fastify'
import { securityHeaders } from './headers.ts'

const escape = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/`([^`]+)`/g, '<code>$1</code>')

const page = (code: string, row: ErrorRow) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(row.title)}</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{background:#eee;padding:.1em .3em;border-radius:.2em}</style>
<h1>${escape(row.title)}</h1><p><code>${escape(code)}</code> · status ${row.status}</p><p>${escape(row.help)}</p>
<p><a href="/docs">All of the API</a></html>`

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** A page about each code, where the `type` of a problem document leads; JSON for programs. */
export function serveProblemPages(app: FastifyInstance, rows: Readonly<Record<string, ErrorRow>>): void {
  app.get<{ Params: { code: string } }>('/problems/:code', { config: { access: 'public' } }, (request, reply) => {
    const { code } = request.params
    const row = Object.hasOwn(rows, code) ? rows[code] : undefined
    if (row === undefined) return reply.callNotFound()
    reply.headers({ ...securityHeaders, 'cache-control': 'public, max-age=3600', vary: 'accept' })
    if (!request.headers.accept?.includes('text/html')) return reply.send({ code, ...row })
    return reply
      .headers({ 'content-security-policy': policy, 'content-type': 'text/html; charset=utf-8' })
      .send(page(code, row))
  })
  app.get('/problems', { config: { access: 'public' } }, (_request, reply) =>
    reply
      .headers({ ...securityHeaders, 'cache-control': 'public, max-age=3600' })
      .send(Object.fromEntries(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1)))),
  )
}
