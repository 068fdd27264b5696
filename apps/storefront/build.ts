import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))
const builds = join(root, '.cache', 'storefront')
/** What the pages are made of. The lock file stands for everything that is installed. */
const sources = ['apps/storefront', 'packages/ui', 'sdk', 'package-lock.json']
const kept = 3

const filesIn = (path: string): string[] =>
  statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.test\.tsx?$|\.md$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => !file.includes('node_modules'))

function hashOfSources(): string {
  const hash = createHash('sha256').update(process.version)
  for (const file of sources.flatMap((source) => filesIn(join(root, source))).sort())
    hash.update(file.slice(root.length)).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

/**
 * The pages as browsers and the server need them, built once for each state of the source (about 10 s) and found again
 * afterwards. @returns the folder with `client/` and `server/`.
 */
export async function ensureBuilt(onBuild: () => void = () => {}): Promise<string> {
  const folder = join(builds, hashOfSources())
  if (existsSync(join(folder, 'done'))) return folder
  onBuild()
  const fresh = `${folder}.${process.pid}`
  mkdirSync(builds, { recursive: true })
  rmSync(fresh, { recursive: true, force: true })
  await runBuild(fresh)
  writeFileSync(join(fresh, 'done'), new Date().toISOString())
  try {
    renameSync(fresh, folder)
  } catch (error) {
    // Another process built the same at the same time.
    if (!existsSync(join(folder, 'done'))) throw error
    rmSync(fresh, { recursive: true, force: true })
  }
  forgetOld(folder)
  return folder
}

function runBuild(into: string): Promise<void> {
  const command = join(root, 'node_modules', '@react-router', 'dev', 'bin.cjs')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, 'build', here], {
      cwd: here,
      env: { ...process.env, NODE_ENV: 'production', SOUK_STOREFRONT_BUILD: into, FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    const hear = (part: Buffer) => {
      said = (said + part.toString()).slice(-20_000)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`The pages of the storefront could not be built:\n${said.trim()}`)),
    )
  })
}

function forgetOld(current: string): void {
  const folders = readdirSync(builds, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{16}$/.test(entry.name))
    .map((entry) => join(builds, entry.name))
    .filter((folder) => folder !== current)
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)
  for (const folder of folders.slice(kept - 1)) rmSync(folder, { recursive: true, force: true })
}
