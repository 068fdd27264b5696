import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engines } from '../../scripts/engines.mjs'
import { answers, freePorts } from './ports.ts'
import { type Supervised, supervise } from './supervised.ts'

export type PgBouncerOptions = {
  dataFolder: string
  port?: number
  /** By the name clients ask for: the server and database behind it. */
  databases: Record<string, { host: string; port: number; database: string }>
  /** Who may come in, with the password, which is the server's too. */
  users: Record<string, string>
  /** Server connections per user and database; default 20. */
  poolSize?: number
  settings?: Record<string, string>
}

export type PgBouncer = Supervised & { readonly port: number }

/** Not root, whom PgBouncer refuses. */
const nobody = 65_534

/**
 * Start a PgBouncer in transaction mode. Prepared statements cross it only from version 1.21 on; Debian 12 has 1.18, so
 * clients must not prepare by name through it. @throws EngineMissing
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const { path } = await engines.pgbouncer.obtain()
  const { dataFolder, databases, users, poolSize = 20, settings = {} } = options
  const port = options.port ?? ((await freePorts(1))[0] as number)
  mkdirSync(dataFolder, { recursive: true })
  const root = process.getuid?.() === 0
  // Found from the folder it runs in, which may lie where its user cannot walk to.
  const file = (name: string, text: string) => {
    const where = join(dataFolder, name)
    writeFileSync(where, text, { mode: 0o600 })
    chmodSync(where, 0o600)
    if (root) chownSync(where, nobody, nobody)
    return name
  }
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  const userList = file(
    'users.txt',
    Object.entries(users)
      .map(([name, password]) => `${quoted(name)} ${quoted(password)}\n`)
      .join(''),
  )
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: userList,
    pool_mode: 'transaction',
    default_pool_size: String(poolSize),
    max_client_conn: '2000',
    // A server that was away is asked again after a second, not fifteen: whoever waits for it waits as long.
    server_login_retry: '1',
    server_connect_timeout: '3',
    // Session settings of the start-up packet that nothing depends on.
    ignore_startup_parameters: 'extra_float_digits,options',
    ...settings,
  }
  const ini = file(
    'pgbouncer.ini',
    `[databases]\n${Object.entries(databases)
      .map(([name, at]) => `${name} = host=${at.host} port=${at.port} dbname=${at.database}\n`)
      .join('')}[pgbouncer]\n${Object.entries(all)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}`,
  )
  const supervised = await supervise({
    name: 'PgBouncer',
    path,
    args: [ini],
    cwd: dataFolder,
    log: join(dataFolder, 'pgbouncer.log'),
    ...(root && { uid: nobody, gid: nobody }),
    isReady: () => answers(port),
  })
  return Object.assign(supervised, { port })
}
