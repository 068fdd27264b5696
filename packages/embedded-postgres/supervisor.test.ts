import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './index.ts'
import { childrenOf, isAlive, waitFor } from './processes.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function newFolder() {
  const parent = mkdtempSync(join(tmpdir(), 'souk-embedded-'))
  cleanups.push(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'postgres')
}

async function start(options: EmbeddedPostgresOptions) {
  const server = await startEmbeddedPostgres(options)
  cleanups.push(() => server.stop())
  return server
}

async function query(server: { url: string }, text: string) {
  const client = new Client({ connectionString: server.url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.map(([value]: unknown[]) => value)
  } finally {
    await client.end()
  }
}

/** Start a server from another Node process, as a Souk that can be killed; resolves once it is up. */
async function startElsewhere(folder: string): Promise<{ souk: ChildProcess; pid: number; url: string }> {
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
    const { pid, url } = await startEmbeddedPostgres({ folder: ${JSON.stringify(folder)} })
    console.log(JSON.stringify({ pid, url }))
    setInterval(() => {}, 60_000)`
  const souk = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.push(() => souk.kill('SIGKILL'))
  const line = await new Promise<Buffer>((resolve, reject) => {
    souk.stdout.once('data', resolve)
    souk.once('exit', (code) => reject(new Error(`the other process ended with ${code}`)))
  })
  return { souk, ...(JSON.parse(line.toString()) as { pid: number; url: string }) }
}

async function killed(souk: ChildProcess) {
  const gone = new Promise((resolve) => souk.once('exit', resolve))
  souk.kill('SIGKILL')
  await gone
}

describe('a server in a folder of its own', () => {
  test('starts empty, keeps what was written, and comes back on the same port', async () => {
    const folder = newFolder()
    const first = await start({ folder })
    expect(await query(first, 'show server_encoding')).toEqual(['UTF8'])
    expect(await query(first, "select datlocale from pg_database where datname = 'postgres'")).toEqual(['C.UTF-8'])
    await query(first, 'create table kept as select 42 as answer')
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)

    const second = await start({ folder })
    expect(await query(second, 'select answer from kept')).toEqual([42])
    expect(second.port).toBe(first.port)
    expect(second.url).toBe(first.url)
  })

  test('flushes every commit, listens on loopback only, and lets nobody in without the password', async () => {
    const folder = newFolder()
    const server = await start({ folder })
    expect(
      await query(
        server,
        `select string_agg(setting, ' ' order by name) from pg_settings
      where name in ('fsync', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories', 'password_encryption')`,
      ),
    ).toEqual(['on 127.0.0.1 scram-sha-256 on .'])
    expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600)
    const stranger = { url: server.url.replace(/:[^:@]+@/, ':guess@') }
    await expect(query(stranger, 'select 1')).rejects.toThrow('password authentication failed')
  })

  test.skipIf(process.platform === 'win32')(
    'is reached by its socket, by nobody else and not without the password',
    async () => {
      const folder = newFolder()
      const server = await start({ folder })
      const local = { url: server.localUrl }
      expect(await query(local, 'select (inet_client_addr() is null)::text')).toEqual(['true'])
      expect(statSync(join(folder, 'data')).mode & 0o077).toBe(0)
      const stranger = { url: local.url.replace(/:[^:@]+@/, ':guess@') }
      await expect(query(stranger, 'select 1')).rejects.toThrow('password authentication failed')
      await server.restart('immediate')
      expect(await query(local, 'select 1')).toEqual([1])
    },
  )

  test('whose folder lies too deep for a socket is reached by TCP', async () => {
    const server = await start({ folder: join(newFolder(), 'a'.repeat(100)) })
    expect(server.localUrl).toBe(server.url)
  })

  test.runIf(process.getuid?.() === 0)(
    'runs as an unprivileged user when we are root, also below a closed home',
    async () => {
      const folder = newFolder()
      const server = await start({ folder: join(folder, '..', 'postgres') }) // mkdtemp's parent is closed to others
      expect(statSync(join(folder, '..')).mode & 0o007).toBe(0)
      expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0)
      expect(await query(server, 'select 1')).toEqual([1])
    },
  )

  test('takes other settings over its own', async () => {
    const server = await start({ folder: newFolder(), settings: { max_connections: '17' } })
    expect(await query(server, 'show max_connections')).toEqual(['17'])
  })
})

describe('ports', () => {
  test('a port asked for and taken is refused by name', async () => {
    const other = createServer()
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    )
    cleanups.push(() => other.close())
    await expect(startEmbeddedPostgres({ folder: newFolder(), port })).rejects.toThrow(`Port ${port}`)
  })

  test('a port of last time that is taken meanwhile gives way to another', async () => {
    const folder = newFolder()
    const first = await start({ folder })
    await first.stop()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(first.port, '127.0.0.1', resolve))
    cleanups.push(() => other.close())
    const second = await start({ folder })
    expect(second.port).not.toBe(first.port)
    expect(await query(second, 'select 1')).toEqual([1])
  })
})

const committedRowsSurvive = async (crash: (server: EmbeddedPostgres) => Promise<unknown>) => {
  const server = await start({ folder: newFolder() })
  await query(server, 'create table orders as select generate_series(1, 1000) as id')
  const { pid } = server
  await crash(server)
  expect(server.pid).not.toBe(pid)
  expect(await query(server, 'select count(*)::int from orders')).toEqual([1000])
}

describe('after a crash', () => {
  test('an immediate restart in the middle of work keeps committed rows', () =>
    committedRowsSurvive((server) => server.restart('immediate')))

  test('killing every process of the server keeps committed rows', () =>
    committedRowsSurvive(async (server) => {
      const family = [server.pid, ...childrenOf(server.pid)]
      await server.kill()
      expect(await waitFor(() => !family.some(isAlive), 30_000)).toBe(true)
      await server.restart('fast')
    }))

  test('killing only the postmaster is reported, and a restart recovers', () =>
    committedRowsSurvive(async (server) => {
      const { pid } = server
      const death = new Promise((resolve) => server.onExit(resolve))
      process.kill(pid, 'SIGKILL')
      expect(await death).toMatchObject({ pid, signal: 'SIGKILL' })
      await server.restart('fast')
    }))

  test('an ordered end is not reported as a death', async () => {
    const server = await start({ folder: newFolder() })
    const deaths: unknown[] = []
    server.onExit((info) => deaths.push(info))
    await server.restart('fast')
    await server.stop()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(deaths).toEqual([])
  })

  test('a stale pid file does not keep the server down, even if its number belongs to somebody else now', async () => {
    const folder = newFolder()
    const first = await start({ folder })
    const pidFile = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8')
    await first.stop()
    const stranger = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid: 101, gid: 101 } : {})
    cleanups.push(() => stranger.kill('SIGKILL'))
    writeFileSync(join(folder, 'data', 'postmaster.pid'), pidFile.replace(/^\d+/, String(stranger.pid)))
    expect(await query(await start({ folder }), 'select 1')).toEqual([1])
  })
})

describe('two Souks', () => {
  test('the second on a folder is refused and told who has it', async () => {
    const folder = newFolder()
    const { souk } = await startElsewhere(folder)
    await expect(startEmbeddedPostgres({ folder })).rejects.toThrow(`process ${souk.pid}`)
    await killed(souk)
    await start({ folder })
  })

  test('a server left running by a killed Souk is adopted as it is', async () => {
    const folder = newFolder()
    const orphan = await startElsewhere(folder)
    await killed(orphan.souk)
    expect(isAlive(orphan.pid)).toBe(true)
    const adopted = await start({ folder })
    expect(adopted).toMatchObject({ pid: orphan.pid, url: orphan.url })

    const death = new Promise((resolve) => adopted.onExit(resolve))
    process.kill(adopted.pid, 'SIGKILL')
    expect(await death).toMatchObject({ pid: orphan.pid })
  })

  test('a server left running with other settings is replaced', async () => {
    const folder = newFolder()
    const orphan = await startElsewhere(folder)
    await killed(orphan.souk)
    const server = await start({ folder, settings: { work_mem: '9MB' } })
    expect(server.pid).not.toBe(orphan.pid)
    expect(isAlive(orphan.pid)).toBe(false)
    expect(await query(server, 'show work_mem')).toEqual(['9MB'])
  })
})

describe('faults are explained', () => {
  test('a setting the server does not understand shows what the server said', async () => {
    await expect(startEmbeddedPostgres({ folder: newFolder(), settings: { work_mem: 'plenty' } })).rejects.toThrow(
      /did not start[\s\S]*what to do[\s\S]*invalid value for parameter "work_mem"/,
    )
  })

  test('data of another major version is left alone', async () => {
    const folder = newFolder()
    await (await start({ folder })).stop()
    writeFileSync(join(folder, 'data', 'PG_VERSION'), '15\n')
    await expect(startEmbeddedPostgres({ folder })).rejects.toThrow('written by PostgreSQL 15')
  })

  test('a lost password is noticed at once, and the server is not left running', async () => {
    const folder = newFolder()
    await (await start({ folder })).stop()
    writeFileSync(join(folder, 'password'), 'another')
    await expect(startEmbeddedPostgres({ folder })).rejects.toThrow('does not accept the password')
    expect(statSync(join(folder, 'data', 'postmaster.pid'), { throwIfNoEntry: false })).toBeUndefined()
  })
})
