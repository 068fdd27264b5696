import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const home = join(root, '.cache', 'admin')
const keptBuilds = 3

/** Everything a build is made of: another byte in it, another build. */
const madeOf = ['apps/admin', 'packages/ui', 'sdk', 'package-lock.json']
const leftOut = /(^|\/)(node_modules|dist)(\/|$)|\.test\.tsx?$|\.md$/

/**
 * The folder with the admin's files, built (about 4 s) when there is none of these sources yet. Made under another name
 * and then renamed: a build that broke off is never served.
 */
export async function builtAdmin(onProgress: (text: string) => void = () => {}): Promise<string> {
  const folder = join(home, await sourceHash())
  if (existsSync(join(folder, 'index.html'))) return folder
  onProgress('Building the admin')
  await mkdir(home, { recursive: true })
  const scratch = join(home, `making-${process.pid}-${Date.now()}`)
  try {
    await build(scratch)
    await rename(scratch, folder).catch((error: NodeJS.ErrnoException) => {
      // Somebody else made the same one meanwhile.
      if (!existsSync(join(folder, 'index.html'))) throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  await forgetOld(folder)
  return folder
}

async function build(outDir: string): Promise<void> {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const args = [
    vite,
    'build',
    'apps/admin',
    '--config',
    'apps/admin/vite.config.ts',
    '--outDir',
    outDir,
    '--emptyOutDir',
  ]
  // Of the environment only what a program needs to run: a build must not depend on who starts it.
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, TMPDIR, NODE_ENV: 'production' },
  })
  let said = ''
  const listen = (text: Buffer) => {
    said = (said + text.toString()).slice(-4_000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`the admin could not be built:\n${said}`)
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256')
  for (const part of madeOf) {
    const path = join(root, part)
    const files = part.endsWith('.json')
      ? ['']
      : await readdir(path, { recursive: true, withFileTypes: true }).then(namesIn(path))
    for (const file of files.filter((file) => !leftOut.test(file)).sort())
      hash.update(`${part}/${file}\0`).update(await readFile(join(path, file)))
  }
  return hash.digest('hex').slice(0, 16)
}

const namesIn =
  (path: string) =>
  (entries: readonly { isFile(): boolean; parentPath: string; name: string }[]): string[] =>
    entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))

async function forgetOld(current: string): Promise<void> {
  const builds = (await readdir(home)).filter((name) => /^[0-9a-f]{16}$/.test(name)).map((name) => join(home, name))
  const { statSync } = await import('node:fs')
  const byAge = builds.filter((path) => path !== current).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  for (const path of byAge.slice(keptBuilds - 1)) await rm(path, { recursive: true, force: true })
}
