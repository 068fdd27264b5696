// The servers the cluster and some tests need beside PostgreSQL: found on this machine, or fetched once into the engines'
// cache (SOUK_ENGINES, default ~/.cache/souk/engines), which clones share.
//   npm run engines               obtains all that are not slow to build
//   npm run engines -- kafka      one
//   npm run engines -- --list     says where they are, and fetches nothing
import { debianEngine } from './engines/debian.mjs'
import { grpcurl } from './engines/grpcurl.mjs'
import { k6 } from './engines/k6.mjs'
import { kafka } from './engines/kafka.mjs'
import { minio } from './engines/minio.mjs'
import { opensearch } from './engines/opensearch.mjs'
import { pgbouncer } from './engines/pgbouncer.mjs'
import { fileURLToPath } from 'node:url'

/** By name: `locate()` says where it is or undefined; `obtain({ onProgress })` fetches it when missing, or throws EngineMissing. */
export const engines = {
  kafka,
  redis: debianEngine({
    name: 'redis',
    command: 'redis-server',
    packageName: 'redis-server',
    elsewhere: 'brew install redis',
  }),
  pgbouncer,
  opensearch,
  minio,
  grpcurl,
  k6,
}

/** Whether a test that cannot have its engine has failed, instead of saying that it was not tried: so it is in CI. */
export const enginesRequired = () => process.env.SOUK_REQUIRE_ENGINES === '1'

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))

async function main(args) {
  const named = args.filter((arg) => !arg.startsWith('-'))
  const unknown = named.filter((name) => !(name in engines))
  if (unknown.length > 0) {
    process.stderr.write(`There is no engine ${unknown.join(', ')}; there are ${Object.keys(engines).join(', ')}.\n`)
    process.exit(2)
  }
  let missing = 0
  const usual = Object.keys(engines).filter((name) => args.includes('--list') || !engines[name].slow)
  for (const name of named.length > 0 ? named : usual) {
    const began = Date.now()
    try {
      const where = args.includes('--list')
        ? engines[name].locate()
        : await engines[name].obtain({ onProgress: (message) => process.stderr.write(`${name}: ${message}\n`) })
      const took = Date.now() - began > 500 ? ` (${((Date.now() - began) / 1000).toFixed(1)} s)` : ''
      process.stdout.write(`${name.padEnd(10)} ${where ? describe(where) : 'not here'}${took}\n`)
      if (where === undefined) missing += 1
    } catch (error) {
      missing += 1
      process.stdout.write(`${name.padEnd(10)} MISSING: ${error.message}\n`)
    }
  }
  process.exit(missing > 0 && !args.includes('--list') ? 1 : 0)
}

function describe(where) {
  return where.version === undefined ? where.path : `${where.path} (${where.version})`
}
