import { createHash, randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { renderToPipeableStream } from 'react-dom/server'
import { type EntryContext, ServerRouter } from 'react-router'
import { headScript } from './head-script.ts'

/** Loaders have answered by now; what is left is work for the processor. */
const renderTimeoutMs = 5_000

/**
 * Pages are sent whole: all of their data is there before the first byte, most are kept for others, and their scripts are
 * named by hash in the policy. Only scripts that carry this render's secret are named: markup that a shop or a shopper
 * smuggled in does not know it.
 */
export default async function handleRequest(request: Request, status: number, headers: Headers, context: EntryContext) {
  const nonce = randomBytes(16).toString('base64')
  let failed = false
  const html = await new Promise<string>((resolve, reject) => {
    const { pipe, abort } = renderToPipeableStream(<ServerRouter context={context} url={request.url} nonce={nonce} />, {
      nonce,
      onAllReady() {
        clearTimeout(late)
        const body = new PassThrough()
        text(body).then(resolve, reject)
        pipe(body)
      },
      onShellError: reject,
      onError(error) {
        failed = true
        console.error('storefront: rendering', request.url, error)
      },
    })
    const late = setTimeout(() => abort(new Error('rendering took too long')), renderTimeoutMs)
  })
  const hashes = [hashOf(headScript)]
  const clean = html.replaceAll(/<script([^>]*)>([\s\S]*?)<\/script>/g, (whole, attributes: string, code: string) => {
    if (!attributes.includes(`nonce="${nonce}"`)) return whole
    if (code !== '') hashes.push(hashOf(code))
    return `<script${attributes.replace(` nonce="${nonce}"`, '')}>${code}</script>`
  })
  headers.set('content-type', 'text/html; charset=utf-8')
  headers.set('content-security-policy', policy([...new Set(hashes)]))
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store')
  return new Response(scriptsLast(clean.replaceAll(` nonce="${nonce}"`, '')), {
    status: failed && status === 200 ? 500 : status,
    headers,
  })
}

/**
 * What a page looks like comes before what makes it move: on a slow line twenty modules asked for first take the
 * connections and the bandwidth that its style and its picture need.
 */
function scriptsLast(html: string): string {
  const modules: string[] = []
  const without = html.replaceAll(/<link rel="modulepreload"([^>]*?)\/?>/g, (_, attributes: string) => {
    modules.push(`<link rel="modulepreload" fetchpriority="low"${attributes}/>`)
    return ''
  })
  return without.replace('</body>', () => `${modules.join('')}</body>`)
}

const hashOf = (code: string) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`

const policy = (hashes: readonly string[]): string =>
  [
    "default-src 'self'",
    `script-src 'self' ${hashes.join(' ')}`,
    // Positions of floating parts are set as style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
  ].join('; ')
