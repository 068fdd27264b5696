import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, commandPath, EngineMissing } from './missing.mjs'

const version = 'v0.0.0-20260212201848-7aac2a2c5b7c'
const howTo = 'Install MinIO and have it on the PATH, or Go 1.24 or newer.'

/** MinIO, a server that speaks S3: the one on the PATH, or built by Go from its module. `{ path }` of the program. */
export const minio = {
  name: 'minio',
  /** Building it takes minutes: only when it is asked for by name. */
  slow: true,
  locate() {
    const own = join(cacheFolder(), `minio-${version}`, 'minio')
    const path = existsSync(own) ? own : commandPath('minio')
    return path === undefined ? undefined : { path }
  },
  async obtain({ onProgress = () => {} } = {}) {
    const found = minio.locate()
    if (found !== undefined) return found
    const go = commandPath('go')
    if (go === undefined) throw new EngineMissing('minio', 'there is no Go to build it with', howTo)
    onProgress('building MinIO with Go (some minutes, once)')
    const scratch = mkdtempSync(join(tmpdir(), 'souk-minio-'))
    try {
      const built = spawnSync(go, ['install', `github.com/minio/minio@${version}`], {
        cwd: scratch,
        encoding: 'utf8',
        timeout: 1_200_000,
        env: { ...process.env, GOBIN: scratch },
      })
      if (built.status !== 0)
        throw new EngineMissing('minio', `Go failed (${(built.stderr ?? '').trim().slice(-300)})`, howTo)
      const folder = join(cacheFolder(), `minio-${version}`)
      mkdirSync(folder, { recursive: true })
      // Copied beside and moved: whoever looks in the meantime finds nothing or all of it.
      const beside = join(folder, `minio.${process.pid}`)
      spawnSync('cp', [join(scratch, 'minio'), beside])
      renameSync(beside, join(folder, 'minio'))
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
    const fetched = minio.locate()
    if (fetched === undefined) throw new EngineMissing('minio', 'Go built nothing', howTo)
    return fetched
  },
}
