import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, commandPath, EngineMissing } from './missing.mjs'

/**
 * A program written in Go: the one on the PATH, or built by Go from its module. `obtain` gives `{ path }`.
 * @param {{ name: string, module: string, version: string }} about
 */
export function goProgram({ name, module, version }) {
  const howTo = `Install ${name} and have it on the PATH, or Go 1.24 or newer.`
  const folder = join(cacheFolder(), `${name}-${version}`)
  const own = join(folder, name)
  const locate = () => {
    const path = existsSync(own) ? own : commandPath(name)
    return path === undefined ? undefined : { path }
  }
  return {
    name,
    /** Building it takes a minute or more: only when it is asked for by name. */
    slow: true,
    locate,
    async obtain({ onProgress = () => {} } = {}) {
      const found = locate()
      if (found !== undefined) return found
      const go = commandPath('go')
      if (go === undefined) throw new EngineMissing(name, 'there is no Go to build it with', howTo)
      onProgress(`building ${name} with Go (a minute or two, once)`)
      mkdirSync(folder, { recursive: true })
      const scratch = mkdtempSync(join(tmpdir(), `souk-${name}-`))
      try {
        const built = spawnSync(go, ['install', `${module}@${version}`], {
          cwd: scratch,
          encoding: 'utf8',
          timeout: 600_000,
          env: { ...process.env, GOBIN: scratch },
        })
        if (built.status !== 0)
          throw new EngineMissing(name, `Go failed (${(built.stderr ?? '').trim().slice(-300)})`, howTo)
        // Copied beside and moved: whoever looks in the meantime finds nothing or all of it.
        const beside = `${own}.${process.pid}`
        spawnSync('cp', [join(scratch, name), beside])
        renameSync(beside, own)
      } finally {
        rmSync(scratch, { recursive: true, force: true })
      }
      return locate()
    },
  }
}
