import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from '@souk/storefront/build'
import { engines } from '@souk/engines'
import { builtAdmin } from '../admin-build.ts'
import { readDescription } from '../cluster/description.ts'
import { type Cluster, openCluster } from '../cluster/open.ts'
import { type ClusterStatus, readStatus, removeStatus, statusOf, statusTable, writeStatus } from '../cluster/status.ts'
import { type Console, timed } from '../console.ts'
import { Refusal, UsageError } from '../explain.ts'
import { untilAskedToStop } from '../lifetime.ts'
import { dataFolderOf } from '../running.ts'

export type ClusterCommand = {
  file?: string
  demo: boolean
  pages: boolean
  follow?: true
  vus?: number
  seconds?: number
  json?: true
}

const folderOf = (io: Console) => join(dataFolderOf(io.env), 'cluster')
const usual = fileURLToPath(new URL('../../../deploy/cluster.yaml', import.meta.url))

/** `souk cluster up`: everything there is, on this machine, until asked to stop. */
export async function up(io: Console, options: ClusterCommand): Promise<number> {
  const folder = folderOf(io)
  const running = readStatus(folder)
  if (running !== undefined)
    throw new Refusal(
      `A cluster runs already: ${running.url} (process ${running.pid}). End it with \`souk cluster stop\`.`,
    )
  const description = readDescription(options.file === undefined ? usual : resolve(options.file))
  const progress = timed(io)
  const abort = new AbortController()
  const asked = untilAskedToStop(io).then((why) => {
    abort.abort(new Refusal(`Ended early (${why}).`))
    return why
  })
  const pages = options.pages ? { storefront: await ensureBuilt(), admin: await builtAdmin(progress) } : undefined
  const cluster = await openCluster({
    description,
    folder,
    demo: options.demo,
    onProgress: progress,
    signal: abort.signal,
    ...(pages !== undefined && { pages }),
  })
  const startedAt = new Date().toISOString()
  const tell = () => writeStatus(folder, statusNow(cluster, startedAt))
  await tell()
  const telling = setInterval(() => void tell().catch(() => {}), 1_000)
  if (options.json) io.print(JSON.stringify(statusNow(cluster, startedAt)))
  else io.print(`${statusTable(cluster.parts.map(statusOf))}\n\n${openAt(cluster, description.programs)}`)
  io.say(`\nStopping (${await asked}): programs first, then what they stand on…`)
  clearInterval(telling)
  await cluster.stop()
  await removeStatus(folder)
  io.say('Stopped. Everything that was answered is kept.')
  return 0
}

const statusNow = (cluster: Cluster, startedAt: string): ClusterStatus => ({
  pid: process.pid,
  startedAt,
  url: cluster.url,
  ...(cluster.storefrontUrl !== undefined && { storefrontUrl: cluster.storefrontUrl }),
  operator: cluster.demo?.signIns.operator ?? cluster.operator,
  env: cluster.env,
  parts: cluster.parts.map(statusOf),
})

function openAt({ url, storefrontUrl, operator, demo, folder }: Cluster, programs: object): string {
  const line = (name: string, value: string) => `  ${name.padEnd(15)} ${value}`
  const people = demo?.signIns
  const shown = [
    ['operator', people?.operator ?? operator] as const,
    ...(people?.staff.slice(0, 2).map((staff) => [staff.shop, staff] as const) ?? []),
    ...(people?.shoppers.slice(0, 2).map((shopper) => ['shopper', shopper] as const) ?? []),
  ]
  return [
    'The cluster is open.',
    '',
    ...(storefrontUrl === undefined ? [] : [line('Storefront', `${storefrontUrl}/`), line('Admin', `${url}/admin/`)]),
    line('Gateway', `${url}/v1`),
    line('API reference', `${url}/docs`),
    line('Upstreams', `${url}/health/upstreams`),
    line('Logs', join(folder, 'logs')),
    '',
    'Sign-ins (e-mail, password):',
    ...shown.map(([who, { email, password }]) => `  ${who.padEnd(28)} ${email.padEnd(30)} ${password}`),
    '',
    `In another terminal: souk cluster status, souk cluster logs ${Object.keys(programs)[0]} -f, souk cluster run audit. Stop with Ctrl-C.`,
  ].join('\n')
}

const theOne = (io: Console): ClusterStatus => {
  const status = readStatus(folderOf(io))
  if (status === undefined) throw new Refusal(`No cluster runs on ${folderOf(io)}. Start one with \`souk cluster up\`.`)
  return status
}

/** `souk cluster status`: 1 when a part is not up. */
export async function status(io: Console, { json }: ClusterCommand): Promise<number> {
  const found = theOne(io)
  if (json) io.print(JSON.stringify(found.parts, null, 2))
  else io.print(statusTable(found.parts))
  return found.parts.every(({ state }) => state === 'up') ? 0 : 1
}

/** `souk cluster logs orders-1 -f`. */
export async function logs(io: Console, name: string, { follow }: ClusterCommand): Promise<number> {
  const { parts } = theOne(io)
  const part = parts.find((each) => each.name === name)
  if (part === undefined)
    throw new UsageError(
      `There is no ${name || 'part without a name'}; there are ${parts.map((each) => each.name).join(', ')}.`,
    )
  if (!existsSync(part.log)) throw new Refusal(`${name} has not said anything yet.`)
  const child = spawn('tail', ['-n', follow ? '50' : '200', ...(follow ? ['-F'] : []), part.log], { stdio: 'inherit' })
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)))
}

/** `souk cluster stop`: as Ctrl-C where it runs; resolves when everything has ended. */
export async function stop(io: Console): Promise<number> {
  const { pid } = theOne(io)
  process.kill(pid, 'SIGTERM')
  const giveUpAt = Date.now() + 120_000
  while (readStatus(folderOf(io)) !== undefined) {
    if (Date.now() > giveUpAt) throw new Refusal(`Process ${pid} has not ended within two minutes.`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  io.print('The cluster is stopped.')
  return 0
}

/** `souk cluster run -- audit --full`: a command beside it, with its settings. */
export function run(io: Console, args: readonly string[]): Promise<number> {
  const { env } = theOne(io)
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  return inherit(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], { ...io.env, ...env })
}

const scripts = fileURLToPath(new URL('../../../deploy/k6', import.meta.url))

/** `souk cluster k6 checkout`: a script of deploy/k6 against the gateway; ends as k6 does, 99 when a threshold was crossed. */
export async function k6(io: Console, name: string, options: ClusterCommand): Promise<number> {
  const script = join(scripts, `${name}.js`)
  const known = readdirSync(scripts)
    .filter((file) => file !== 'lib.js')
    .map((file) => file.replace('.js', ''))
  if (!known.includes(name)) throw new UsageError(`There is no script ${name}; there are ${known.join(', ')}.`)
  const { url, operator } = theOne(io)
  const { path } = await engines.k6.obtain({ onProgress: io.say })
  const given = {
    BASE_URL: url,
    OPERATOR_EMAIL: operator.email,
    OPERATOR_PASSWORD: operator.password,
    // A cluster beside the load on one small machine, not a fleet.
    VUS: String(options.vus ?? 20),
    SECONDS: String(options.seconds ?? 20),
  }
  // By its environment, not its arguments: those are seen by everybody on the machine.
  return await inherit(path, ['run', '--quiet', script], { ...io.env, ...given })
}

function inherit(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn(path, [...args], { stdio: 'inherit', env })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
