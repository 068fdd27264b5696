import { openCache } from '@souk/cache'
import { gatewayName } from '@souk/contracts/callers'
import { createSharedRateLimiter } from '@souk/http'
import { ConfigurationError, parseEnv } from '@souk/service'
import { createLogger, createMetrics } from '@souk/telemetry'
import { choosePort } from '../choose-port.ts'
import { appConfig } from '../config.ts'
import type { Console } from '../console.ts'
import { derivedSecret } from '../derived-secret.ts'
import { gatewayConfig } from '../gateway/config.ts'
import { openGateway } from '../gateway/index.ts'
import { untilAskedToStop } from '../lifetime.ts'
import { planNetwork } from '../network.ts'

/** `souk gateway`: one entry for everything that runs behind it. */
export async function gateway(io: Console, { json }: { json?: true }): Promise<number> {
  const settings = parseEnv(io.env, { ...appConfig, ...gatewayConfig })
  const forwarderSecret =
    settings.SOUK_FORWARDER_SECRET ??
    (settings.SOUK_SECRET === undefined ? undefined : derivedSecret(settings.SOUK_SECRET, 'forwarder'))
  if (forwarderSecret === undefined)
    throw new ConfigurationError([
      'SOUK_SECRET is missing. Give the one of the processes behind the gateway, or SOUK_FORWARDER_SECRET, which is made from it and good for nothing else.',
    ])
  const network = planNetwork({ ...settings, SOUK_RPC_LISTEN: undefined }, io.env, [gatewayName], ['identity'])
  const port = await choosePort(settings.SOUK_HOST, settings.SOUK_PORT, (io.env.SOUK_PORT ?? '') !== '')
  const askedToStop = untilAskedToStop(io)
  const log = createLogger({ level: settings.SOUK_LOG_LEVEL, service: gatewayName })
  const metrics = createMetrics()
  const clock = () => new Date()
  const { SOUK_REDIS_URL: redisUrl, SOUK_REDIS_PREFIX: prefix } = settings
  const cache = redisUrl === undefined ? undefined : await openCache({ metrics, log, redis: { url: redisUrl, prefix } })
  const limiter = cache && createSharedRateLimiter({ counts: cache.counters, scope: 'gateway ' })
  const { url, upstreams, stop } = await openGateway({
    host: settings.SOUK_HOST,
    port,
    upstreams: settings.SOUK_GATEWAY_UPSTREAMS,
    network,
    forwarderSecret,
    trustProxy: settings.SOUK_TRUST_PROXY,
    quotas: {
      perAddress: settings.SOUK_ADDRESS_PER_MINUTE,
      perAccount: settings.SOUK_ACCOUNT_PER_MINUTE,
      perApiKey: settings.SOUK_API_KEY_PER_MINUTE,
    },
    log,
    metrics,
    clock,
    ...(cache && limiter && { shared: { news: cache.news, limiter } }),
    ...(settings.SOUK_ADMIN_BUILT !== undefined && { admin: settings.SOUK_ADMIN_BUILT }),
  })
  const away = upstreams.all.filter(({ table }) => table === undefined).map((upstream) => upstream.url)
  if (away.length > 0) io.say(`Note: ${away.join(', ')} did not answer yet; what they serve is taken up when they do.`)
  if (json) io.print(JSON.stringify({ url, pid: process.pid, upstreams: upstreams.all.map((one) => one.url), away }))
  else io.print(`Open at ${url} for ${upstreams.all.length} upstreams (API reference: ${url}/docs)`)
  io.say(`\nClosing (${await askedToStop}): finishing what was accepted…`)
  await stop()
  limiter?.stop()
  await cache?.close()
  io.say('Closed.')
  return 0
}
