import { type EnvField, flag, integer, oneOf, optional, text, url } from '@souk/service'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** A number of proxies, or their addresses. */
const proxies = (given: { default: number; help: string }): EnvField<number | readonly string[]> => ({
  ...given,
  parse(value) {
    if (/^[0-5]$/.test(value)) return Number(value)
    const addresses = value.split(',').map((address) => address.trim())
    const isAddress = (address: string) => {
      const [host = '', bits = '0'] = address.split('/')
      return isIP(host) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(host) === 4 ? 32 : 128)
    }
    if (!addresses.every(isAddress)) throw new Error('must be a number from 0 to 5, or addresses with commas between')
    return addresses
  },
})

/** JSON, or that of a file. Errors of the reader would repeat what was given, and there are passwords in it. */
function jsonIn(value: string): unknown {
  try {
    return JSON.parse(value.trim().startsWith('{') ? value : readFileSync(value, 'utf8'))
  } catch {
    throw new Error('must be JSON, or the name of a file of JSON that can be read')
  }
}

/** Names and addresses of databases, as JSON or the name of a file that holds it. */
function shards(given: { help: string; secret: boolean }): EnvField<Readonly<Record<string, string>>> {
  return {
    ...given,
    parse(value) {
      const map = jsonIn(value)
      if (typeof map !== 'object' || map === null || Array.isArray(map))
        throw new Error('must be {"name": "postgres://…"}')
      for (const [name, url] of Object.entries(map)) {
        if (!isShardName(name)) throw new Error(`${name} ${noShardName}`)
        if (!isDatabaseUrl(url))
          throw new Error(`the address of ${name} must be postgres://user:password@host/database`)
      }
      return map as Record<string, string>
    },
  }
}

export const isShardName = (name: string): boolean => /^[a-z][a-z0-9_]{0,30}$/.test(name) && name !== 'home'
export const noShardName = 'is no name of a shard: small letters and digits, and not home, which is DATABASE_URL'

export const isDatabaseUrl = (url: unknown): url is string =>
  typeof url === 'string' && URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)

/** Addresses by the name of the database they follow, as JSON or the name of a file that holds it. */
function replicas(given: { help: string; secret: boolean }): EnvField<Readonly<Record<string, readonly string[]>>> {
  return {
    ...given,
    parse(value) {
      const map = jsonIn(value)
      const isMap = typeof map === 'object' && map !== null && !Array.isArray(map)
      if (!isMap || !Object.values(map).every((urls) => Array.isArray(urls) && urls.every(isDatabaseUrl)))
        throw new Error('must be {"home": ["postgres://…", …], …}')
      return map as Record<string, readonly string[]>
    },
  }
}

/** What each answer to SOUK_POOLER means for whoever opens a database. */
export const pooledBy = { none: false, transaction: true, 'transaction-prepared': 'prepared' } as const

/** Settings of the program itself; services add theirs. All of them are optional on a laptop. */
export const appConfig = {
  SOUK_HOST: text({ default: '127.0.0.1', help: 'Network address to listen on; 0.0.0.0 for all.' }),
  SOUK_PORT: integer({ min: 0, max: 65_535, default: 7700, help: 'Port of the shop API; 0 for any free one.' }),
  SOUK_DATA: text({ default: '.souk', help: 'Folder for the embedded PostgreSQL and the secret.' }),
  DATABASE_URL: optional(
    url({
      protocols: ['postgres', 'postgresql'],
      secret: true,
      help: 'A PostgreSQL of yours, instead of the embedded one: postgres://user:password@host/database.',
    }),
  ),
  SOUK_SHARDS: optional(
    shards({
      secret: true,
      help: 'Further databases that shops are divided among, beside DATABASE_URL, which is called home: {"east": "postgres://…", …} or a file of it.',
    }),
  ),
  SOUK_REPLICAS: optional(
    replicas({
      secret: true,
      help: 'Databases that follow those (streaming replication), from which lists and pages are read: {"home": ["postgres://…"], "east": […]} or a file of it.',
    }),
  ),
  SOUK_REPLICA_LAG_MS: integer({
    min: 100,
    max: 600_000,
    default: 2_000,
    help: 'A replica that is further behind is left out until it has caught up.',
  }),
  SOUK_POOLER: oneOf(['none', 'transaction', 'transaction-prepared'], {
    default: 'none',
    help: 'What stands at DATABASE_URL and SOUK_SHARDS: PostgreSQL itself, or a pooler such as PgBouncer in transaction mode, which carries statements prepared by name from 1.21 on.',
  }),
  SOUK_REDIS_URL: optional(
    url({
      protocols: ['redis', 'rediss'],
      secret: true,
      help: 'A Redis that processes share for what is cached, counted and announced: redis://user:password@host:6379/0. Left out: each has its own.',
    }),
  ),
  SOUK_REDIS_PREFIX: text({ default: 'souk', help: 'Before all keys, where several marketplaces share a Redis.' }),
  SOUK_SECRET: optional(
    text({
      minLength: 32,
      secret: true,
      help: 'What keys and database passwords are derived from. Left out: made once and kept in SOUK_DATA.',
    }),
  ),
  SOUK_LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error'], { default: 'warn', help: 'How much is logged.' }),
  SOUK_ADDRESS_PER_MINUTE: integer({
    min: 1,
    max: 10_000_000,
    default: 100,
    help: 'Requests a minute of a network address that has not signed in.',
  }),
  SOUK_ACCOUNT_PER_MINUTE: integer({ min: 1, max: 10_000_000, default: 500, help: 'Requests a minute of an account.' }),
  SOUK_API_KEY_PER_MINUTE: integer({
    min: 1,
    max: 10_000_000,
    default: 1_000,
    help: 'Requests a minute of an API key.',
  }),
  SOUK_INBOX: optional(
    flag({
      help: 'Show everybody’s messages at /inbox, to this machine only. Left out: on for `souk start`, off for `souk serve`.',
    }),
  ),
  SOUK_STOREFRONT: flag({
    default: true,
    help: 'Build the storefront when it is not built yet, and open it beside the marketplace.',
  }),
  SOUK_STOREFRONT_PORT: integer({
    min: 0,
    max: 65_535,
    default: 3000,
    help: 'Port of the storefront. Left out: 3000 or the next free one.',
  }),
  SOUK_ADMIN: flag({ default: true, help: 'Build the admin when it is not built yet, and serve it at /admin.' }),
  SOUK_REHEARSAL_COPY_MB: integer({
    min: 1,
    max: 10_000_000,
    default: 4_000,
    help: 'Megabytes a database may have to be copied for the rehearsal of a sale.',
  }),
  SOUK_DEMO: flag({ default: true, help: 'Stock a demo marketplace when the database is empty.' }),
  SOUK_OPERATOR_EMAIL: optional(
    text({
      minLength: 3,
      help: 'An operator to make at the start if nobody has this address; needs SOUK_OPERATOR_PASSWORD.',
    }),
  ),
  SOUK_OPERATOR_PASSWORD: optional(
    text({
      minLength: 10,
      secret: true,
      help: 'Of that operator, 10 characters or more. An account that exists keeps its own.',
    }),
  ),
  SOUK_CONNECTIONS: integer({ min: 3, max: 50, default: 5, help: 'Database connections of each service at most.' }),
  SOUK_WORKER: oneOf(['auto', 'own', 'same'], {
    default: 'auto',
    help: 'Where events are read and jobs run: in a process of their own, in the same one, or as the machine has cores.',
  }),
  SOUK_TEST_PROVIDER: optional(
    flag({
      help: 'Start a test payment provider, whose money is none. Left out: with the embedded database, unless NODE_ENV is production or a real provider is set up.',
    }),
  ),
  SOUK_TRUST_PROXY: proxies({
    default: 0,
    help: 'How many proxies in front are believed about addresses, or, better, their addresses: 10.0.0.0/8,127.0.0.1.',
  }),
  SOUK_RPC_LISTEN: optional(
    text({ help: 'Where other processes call the services of this one: host:port. Left out: nowhere.' }),
  ),
  SOUK_RPC_PEERS: optional(
    text({
      help: 'Where services of other processes are: {"orders": ["10.0.0.7:7800"], …} or a file of it. SOUK_RPC_ORDERS=host:port,host:port goes before it.',
    }),
  ),
  SOUK_CERTIFICATES: optional(
    text({
      help: 'Folder of the certificates that services show each other: orders.pem, orders.key.pem, authority.pem.',
    }),
  ),
  SOUK_RPC_INSECURE: flag({
    default: false,
    help: 'Let processes of this machine call each other in plain text. For development only.',
  }),
}
