// What images carry of pages: `node scripts/pages.mjs <folder>` makes <folder>/storefront and <folder>/admin, as the gateway
// (SOUK_ADMIN_BUILT) and the storefront (SOUK_STOREFRONT_BUILT) are told to find them. `npm start` needs none of this.
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { builtAdmin } from '../apps/souk/admin-build.ts'
import { ensureBuilt } from '../apps/storefront/build.ts'

const [into] = process.argv.slice(2)
if (into === undefined) {
  process.stderr.write('Say into which folder: node scripts/pages.mjs pages\n')
  process.exit(2)
}
for (const [name, folder] of [
  ['storefront', await ensureBuilt()],
  ['admin', await builtAdmin()],
]) {
  const target = join(resolve(into), name)
  rmSync(target, { recursive: true, force: true })
  cpSync(folder, target, { recursive: true })
  process.stdout.write(`${target}\n`)
}
