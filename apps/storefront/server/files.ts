import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { type Page, pageOf } from './page-cache.ts'

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** Everything the build made for browsers, in memory (under 1 MB): by its address, "/assets/x.js". */
export function readFiles(folder: string): ReadonlyMap<string, Page> {
  const files = new Map<string, Page>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const address = `/${relative(folder, path).split(sep).join('/')}`
    // Names under assets/ hold a hash of what is in them.
    const control = address.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'public, max-age=3600'
    const headers: [string, string][] = [
      ['content-type', types[extname(path)] ?? 'application/octet-stream'],
      ['cache-control', control],
    ]
    files.set(address, pageOf(200, headers, readFileSync(path)))
  }
  return files
}
