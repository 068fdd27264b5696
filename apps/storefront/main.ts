// The storefront as a process of its own: `node apps/storefront/main.ts`. Settings by environment (README.md).
import { ensureBuilt } from './build.ts'
import { openStorefront } from './server/server.ts'

const { env } = process
const secret = env.SOUK_STOREFRONT_SECRET ?? ''
if (secret.length < 32) {
  console.error('SOUK_STOREFRONT_SECRET must have 32 characters or more: cookies are sealed with it.')
  process.exit(2)
}
const storefront = await openStorefront({
  host: env.SOUK_STOREFRONT_HOST || '127.0.0.1',
  port: Number(env.SOUK_STOREFRONT_PORT || 3000),
  apiUrl: (env.SOUK_API_URL || 'http://127.0.0.1:7700').replace(/\/$/, ''),
  secret,
  build: env.SOUK_STOREFRONT_BUILT || (await ensureBuilt(() => console.error('Building the pages…'))),
  trustProxy: env.SOUK_STOREFRONT_TRUST_PROXY === 'on',
  secureCookies: env.SOUK_STOREFRONT_HTTPS === 'on',
  warmMs: Number(env.SOUK_STOREFRONT_WARM_MS || 3_000),
  ...(env.SOUK_FORWARDER_SECRET && { forwarderSecret: env.SOUK_FORWARDER_SECRET }),
})
if (process.send) process.send({ ready: storefront.url })
else console.log(`The storefront is open at ${storefront.url}`)

let stopping = false
async function stop() {
  if (stopping) return
  stopping = true
  await storefront.close()
  process.exit(0)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())
// The marketplace is gone, however that happened.
process.on('disconnect', () => void stop())
