import { expect, test } from 'vitest'
import { read, sources } from './source.ts'

/** Who opens a connection to somewhere, and who says where. Nobody may say it who is not trusted: no request, no event. */
const callers: Readonly<Record<string, string>> = {
  'apps/souk/api.ts': 'the marketplace at the operator’s own command line',
  'apps/souk/cluster/program-part.ts': 'deploy/cluster.yaml',
  'apps/souk/gateway/proxy.ts': 'SOUK_GATEWAY_UPSTREAMS',
  'apps/souk/gateway/upstreams.ts': 'SOUK_GATEWAY_UPSTREAMS',
  'apps/souk/import/replay-send.ts': 'the operator’s command line',
  'apps/souk/running.ts': 'the file of a marketplace on this machine',
  'apps/storefront/server/pictures.ts':
    'SOUK_API_URL; of a request the path alone, which begins with /media/ or /v1/pictures/',
  'packages/cache/redis-line.ts': 'SOUK_REDIS_URL',
  'packages/engines/minio.ts': 'the engine that was just started',
  'packages/engines/opensearch.ts': 'the engine that was just started',
  'packages/kafka/cluster.ts': 'SOUK_KAFKA_BROKERS',
  'packages/kafka/feed.ts': 'SOUK_KAFKA_BROKERS',
  'packages/kafka/members.ts': 'SOUK_KAFKA_BROKERS',
  'packages/kafka/relay-session.ts': 'SOUK_KAFKA_BROKERS',
  'packages/rpc/line.ts': 'SOUK_RPC_PEERS',
  'services/media/s3-storage.ts': 'SOUK_MEDIA_S3_*',
  'services/notifications/channels/fcm.ts': 'the service account of the settings',
  'services/notifications/channels/smtp.ts': 'settings',
  'services/notifications/channels/twilio.ts': 'settings',
  'services/notifications/channels/whatsapp.ts': 'settings',
  'services/payments/providers/http.ts': 'settings of the provider',
  'services/payments/providers/paypal.ts': 'settings of the provider',
  'services/payments/providers/razorpay.ts': 'settings of the provider',
  'services/payments/providers/stripe.ts': 'settings of the provider',
  'services/search/opensearch/engine.ts': 'settings',
}

const clients =
  /^(undici|got|axios|nodemailer|twilio|stripe|razorpay|ioredis|@paypal\/|@aws-sdk\/client|@opensearch-project\/|@platformatic\/kafka|@fastify\/http-proxy)/
const opens =
  /(?<![.\w])(?<!function )fetch\(|\b(https?\.(get|request)|http2\.connect|new (Https?Agent|Agent|Http2SessionManager))\(/

test('nobody fetches an address that a caller gave: who calls out, and where it is told to, is listed', () => {
  const product = sources.filter(
    ({ path }) =>
      /^(services|packages|apps\/souk|apps\/storefront\/server)\//.test(path) &&
      !/^packages\/(testing|stand-ins|embedded-postgres)\//.test(path) &&
      !/\.(test|conformance|fixture)\.ts$|\/test-[^/]+\.ts$|under-test\.ts$/.test(path),
  )
  const found = product.filter(
    ({ path, imports }) =>
      imports.some(({ specifier, typeOnly }) => !typeOnly && clients.test(specifier)) || opens.test(read(path)),
  )
  expect(
    found.map(({ path }) => path),
    'Say in the list who decides where it connects to. What a caller sends must never decide it.',
  ).toEqual(Object.keys(callers).sort())
})
