import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startTestProvider, testProviderSecrets } from '@souk/stand-ins'
import { testDatabase, testSecret } from '@souk/testing'
import { issueCertificates } from './certificates.ts'
import { allServices } from './services.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))

export type TestProcess = {
  readonly url: string
  readonly rpc: string | undefined
  output(): string
  /** As a power cut would. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** So many ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** `souk …` in a process of its own, once it says where it is. */
export async function startProcess(args: readonly string[], env: Record<string, string>): Promise<TestProcess> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, ...args, '--json'],
    {
      env: { PATH: process.env.PATH, SOUK_PARENT_PID: String(process.pid), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal)
    await ended
  }
  child.stderr?.on('data', (data: Buffer) => {
    output += data.toString()
  })
  const { url, rpc } = await new Promise<{ url: string; rpc?: string }>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      output += `${line}\n`
      if (line.startsWith('{"url"')) resolve(JSON.parse(line) as { url: string; rpc?: string })
    })
    void ended.then(() => reject(new Error(`souk ${args.join(' ')} did not start:\n${output}`)))
  })
  return { url, rpc, output: () => output, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}

export type Part = { name: string; services: readonly string[]; args?: readonly string[] }

/** A marketplace in several processes that know each other by certificates, with a gateway before them. */
export async function startDivision(parts: readonly Part[], settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'souk-division-'))
  const certificates = join(folder, 'certificates')
  const names = [...allServices.map(({ name }) => name), 'gateway', 'operator']
  const database = await testDatabase(allServices)
  await issueCertificates({ folder: certificates, names, now: new Date(), hours: 1 })
  const provider = await startTestProvider({
    folder: join(folder, 'provider'),
    port: 0,
    secrets: testProviderSecrets(testSecret),
  })
  const ports = await freePorts(parts.length * 2)
  const rpcAddress = (at: number) => `127.0.0.1:${ports[at * 2]}`
  const peers: Record<string, string[]> = {}
  for (const [at, part] of parts.entries())
    for (const service of part.services) peers[service] = [...(peers[service] ?? []), rpcAddress(at)]
  const peersFile = join(folder, 'peers.json')
  await writeFile(peersFile, JSON.stringify(peers))
  const common: Record<string, string> = {
    SOUK_SECRET: testSecret,
    SOUK_RPC_PEERS: peersFile,
    SOUK_CERTIFICATES: certificates,
    SOUK_ADDRESS_PER_MINUTE: '1000000',
    SOUK_ACCOUNT_PER_MINUTE: '1000000',
    ...settings,
  }
  const start = (at: number): Promise<TestProcess> => {
    const part = parts[at] as Part
    return startProcess(['serve', ...part.services, ...(part.args ?? [])], {
      ...common,
      DATABASE_URL: database.url,
      SOUK_TEST_PROVIDER_URL: provider.url,
      SOUK_DATA: join(folder, part.name),
      SOUK_PORT: String(ports[at * 2 + 1]),
      SOUK_RPC_LISTEN: rpcAddress(at),
      SOUK_AUTH_PER_MINUTE: '100000',
      SOUK_ORDERS_PER_MINUTE: '1000000',
      SOUK_OPERATOR_EMAIL: operator.email,
      SOUK_OPERATOR_PASSWORD: operator.password,
    })
  }
  const processes = new Map<string, TestProcess>()
  // The first migrates; the others find it done.
  for (const [at, part] of parts.entries()) processes.set(part.name, await start(at))
  const gateway = await startProcess(['gateway'], {
    ...common,
    SOUK_PORT: '0',
    SOUK_DATA: join(folder, 'gateway'),
    SOUK_GATEWAY_UPSTREAMS: [...processes.values()].map(({ url }) => url).join(','),
  })
  return {
    gateway,
    database,
    certificates,
    names,
    provider,
    processes,
    operator,
    rpcAddressOf: (name: string) => rpcAddress(parts.findIndex((part) => part.name === name)),
    async restart(name: string) {
      processes.set(name, await start(parts.findIndex((part) => part.name === name)))
    },
    async stop() {
      await gateway.stop()
      await Promise.all([...processes.values()].map((each) => each.stop()))
      await provider.stop()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const operator = { email: 'operator@division.example', password: 'runs the whole bazaar 77' }
