import { chmodSync, chownSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
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

/** Start a PgBouncer in transaction mode, which carries statements prepared by name (since 1.21). @throws EngineMissing */
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
    // On each connection to a server; a service has fewer, so none is forgotten and planned again.
    max_prepared_statements: '500',
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
  const beside = (program: string) => {
    // Removed first: one that runs cannot be written to.
    rmSync(join(dataFolder, 'pgbouncer'), { force: true })
    copyFileSync(program, join(dataFolder, 'pgbouncer'))
    chmodSync(join(dataFolder, 'pgbouncer'), 0o755)
    return './pgbouncer'
  }
  const supervised = await supervise({
    name: 'PgBouncer',
    // The engines' folder is root's too.
    path: root ? beside(path) : path,
    args: [ini],
    cwd: dataFolder,
    log: join(dataFolder, 'pgbouncer.log'),
    ...(root && { uid: nobody, gid: nobody }),
    isReady: () => answers(port),
  })
  return Object.assign(supervised, { port })
}
