import { readFile, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesOfServer, copyServer, startEmbeddedPostgres } from '@souk/embedded-postgres'
import { parseEnv } from '@souk/service'
import { appConfig } from '../config.ts'
import { number } from '../console.ts'
import { Refusal } from '../explain.ts'
import { dataFolderOf, findRunning } from '../running.ts'
import { forgetSigningKeys } from './copy.sql.ts'
import { linkFiles } from './link-files.ts'

const megabyte = 1_000_000
/** The shop is open: its disk has other things to do. */
const bytesPerSecond = 150 * megabyte
/** Beside the copy itself: the log of the run, and what the copy writes. */
const roomBeside = 1.5

export type CopySource = { secret: string; prepare(folder: string): Promise<void> }

/**
 * The marketplace that runs here, ready to be copied into the folder of another one, with its pictures where they lie on the same
 * disk.
 * @throws Refusal when there is none on an embedded database alone, or it is too large
 */
export async function copyOfRunning(
  env: Readonly<Record<string, string | undefined>>,
  progress: (text: string) => void,
): Promise<CopySource> {
  const settings = parseEnv(env, appConfig)
  const running = await findRunning(env)
  const { databaseUrl } = running ?? {}
  if (databaseUrl === undefined || env.SOUK_SHARDS)
    throw new Refusal(
      'Only a marketplace that runs here on its embedded database alone can be copied. Leave out --copy.',
    )
  if (running?.uncopied !== undefined) throw new Refusal(`${running.uncopied} Leave out --copy.`)
  const original = { url: databaseUrl, folder: join(dataFolderOf(env), 'postgres') }
  const bytes = await bytesOfServer(original.folder)
  const most = settings.SOUK_REHEARSAL_COPY_MB
  if (bytes > most * megabyte)
    throw new Refusal(
      `The database has ${number(Math.ceil(bytes / megabyte))} MB; ${number(most)} are copied at most (SOUK_REHEARSAL_COPY_MB).`,
    )
  const disk = await statfs(tmpdir())
  if (disk.bavail * disk.bsize < bytes * roomBeside)
    throw new Refusal(`There is no room for a copy of ${number(Math.ceil(bytes / megabyte))} MB in ${tmpdir()}.`)
  const secret = settings.SOUK_SECRET ?? (await readFile(join(dataFolderOf(env), 'secret'), 'utf8')).trim()
  return {
    secret,
    async prepare(folder) {
      progress(`Copying the marketplace that runs here, ${number(Math.ceil(bytes / megabyte))} MB…`)
      let told = 0
      const onBytes = (copied: number) => {
        const tenths = Math.min(10, Math.floor((copied * 10) / bytes))
        if (tenths > told) progress(`${number(Math.floor(copied / megabyte))} MB copied`)
        told = Math.max(told, tenths)
      }
      const into = join(folder, 'postgres')
      await copyServer(original, into, { bytesPerSecond, onBytes })
      const pictures = running?.pictures
      if (pictures === undefined || (await linkFiles(pictures, join(folder, 'media'))) === undefined)
        progress('Its pictures are left out: they do not lie on the disk of the copy.')
      // Beside the data of whoever opens it: passwords and keys in it were made from this one.
      await writeFile(join(folder, 'secret'), secret, { mode: 0o600 })
      const server = await startEmbeddedPostgres({ folder: into })
      try {
        await forgetSigningKeys(server.url)
      } finally {
        await server.stop()
      }
    },
  }
}
