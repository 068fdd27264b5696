import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { table } from '../console.ts'
import { familiesOfProcesses, familyOf } from './families.ts'
import type { Kept, State } from './part.ts'

export type PartStatus = {
  name: string
  does: string
  pid: number | undefined
  port: number
  state: State
  restarts: number
  log: string
}

/** What the cluster that runs on a folder says of itself, for other terminals. Holds sign-ins: for its owner only. */
export type ClusterStatus = {
  pid: number
  startedAt: string
  url: string
  storefrontUrl?: string
  operator: { email: string; password: string }
  /** Settings of commands beside it. */
  env: Readonly<Record<string, string>>
  parts: PartStatus[]
}

const fileIn = (folder: string) => join(folder, 'cluster.json')

export async function writeStatus(folder: string, status: ClusterStatus): Promise<void> {
  const draft = `${fileIn(folder)}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(status, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, fileIn(folder))
}

export const removeStatus = (folder: string): Promise<void> => rm(fileIn(folder), { force: true })

/** The cluster that runs on this folder: its process lives. */
export function readStatus(folder: string): ClusterStatus | undefined {
  try {
    const status = JSON.parse(readFileSync(fileIn(folder), 'utf8')) as ClusterStatus
    process.kill(status.pid, 0)
    return status
  } catch {
    return undefined
  }
}

export const statusOf = (part: Kept): PartStatus => ({
  name: part.name,
  does: part.does,
  pid: part.pid(),
  port: part.port,
  state: part.state,
  restarts: part.restarts,
  log: part.log,
})

export function statusTable(parts: readonly PartStatus[]): string {
  const families = familiesOfProcesses()
  const memory = parts.map(({ pid }) => (pid === undefined ? 0 : memoryMb(pid, families)))
  const rows = parts.map(({ name, does, pid, port, state, restarts }, at) => [
    name,
    state,
    pid === undefined ? '' : String(pid),
    String(port),
    memory[at] ? `${memory[at]} MB` : '',
    String(restarts),
    does,
  ])
  const sum = memory.reduce((total, each) => total + each, 0)
  return `${table(['name', 'state', 'pid', 'port', 'memory', 'restarts', 'does'], rows, [
    'left',
    'left',
    'right',
    'right',
    'right',
    'right',
    'left',
  ])}\n${parts.length} parts, ${sum} MB together`
}

/** Its own and its children's, what they share counted once; 0 where nobody says. */
function memoryMb(pid: number, families: ReadonlyMap<number, number[]>): number {
  const kilobytes = (of: number): number => {
    try {
      const [, size = '0'] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${of}/smaps_rollup`, 'utf8')) ?? []
      return Number(size)
    } catch {
      return 0
    }
  }
  return Math.round(familyOf(pid, families).reduce((sum, each) => sum + kilobytes(each), 0) / 1024)
}
