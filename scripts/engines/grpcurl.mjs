import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, commandPath, EngineMissing } from './missing.mjs'

const version = 'v1.9.4'
const howTo = 'Install grpcurl and have it on the PATH, or Go 1.24 or newer.'

/** grpcurl, curl for gRPC: the one on the PATH, or built by Go from its module. `{ path }` of the program. */
export const grpcurl = {
  name: 'grpcurl',
  /** Building it takes a minute: only when it is asked for by name. */
  slow: true,
  locate() {
    const own = join(cacheFolder(), `grpcurl-${version}`, 'grpcurl')
    const path = existsSync(own) ? own : commandPath('grpcurl')
    return path === undefined ? undefined : { path }
  },
  async obtain({ onProgress = () => {} } = {}) {
    const found = grpcurl.locate()
    if (found !== undefined) return found
    const go = commandPath('go')
    if (go === undefined) throw new EngineMissing('grpcurl', 'there is no Go to build it with', howTo)
    onProgress('building grpcurl with Go (about a minute, once)')
    const folder = join(cacheFolder(), `grpcurl-${version}`)
    mkdirSync(folder, { recursive: true })
    const scratch = mkdtempSync(join(tmpdir(), 'souk-grpcurl-'))
    try {
      const built = spawnSync(go, ['install', `github.com/fullstorydev/grpcurl/cmd/grpcurl@${version}`], {
        cwd: scratch,
        encoding: 'utf8',
        timeout: 600_000,
        env: { ...process.env, GOBIN: scratch },
      })
      if (built.status !== 0)
        throw new EngineMissing('grpcurl', `Go failed (${(built.stderr ?? '').trim().slice(-300)})`, howTo)
      // Copied beside and moved: whoever looks in the meantime finds nothing or all of it.
      const beside = join(folder, `grpcurl.${process.pid}`)
      spawnSync('cp', [join(scratch, 'grpcurl'), beside])
      renameSync(beside, join(folder, 'grpcurl'))
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
    return grpcurl.locate()
  },
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path } = await grpcurl.obtain({ onProgress: (message) => process.stderr.write(`${message}\n`) })
  process.stdout.write(`${path}\n`)
}
