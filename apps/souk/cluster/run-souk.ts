import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterDescription } from './description.ts'
import { programFile } from './plan.ts'

/** `souk …` beside a cluster, to its end. @returns what it printed. @throws SoukFailed when it does not end with 0. */
export function runSouk(
  description: ClusterDescription,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  log: string,
): Promise<string> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...description.node, programFile, ...args],
    {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SOUK_PARENT_PID: String(process.pid), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    },
  )
  let said = ''
  let told = ''
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString()
  })
  child.stderr.on('data', (data: Buffer) => {
    told = (told + data.toString()).slice(-20_000)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      mkdirSync(join(log, '..'), { recursive: true })
      writeFileSync(log, `souk ${args.join(' ')}\n${told}\n`, { flag: 'a' })
      if (code === 0) resolve(said)
      else reject(new SoukFailed(`souk ${args.join(' ')} ended with ${code}:\n${endOf(told)}\n${endOf(said)}`, said))
    })
  })
}

/** A command beside the cluster that did not end with 0; what it printed may be a report all the same. */
export class SoukFailed extends Error {
  readonly printed: string
  constructor(message: string, printed: string) {
    super(message)
    this.name = 'SoukFailed'
    this.printed = printed
  }
}

const endOf = (text: string) => text.trimEnd().split('\n').slice(-15).join('\n').slice(-4_000)
