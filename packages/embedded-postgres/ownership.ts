import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { EmbeddedPostgresError, errorCode } from './errors.ts'
import { isAlive, startOf } from './processes.ts'

type Owner = { pid: number; started?: string }

/**
 * Claim a server's folder for this process, until the returned function is called or the process ends.
 * A claim left behind by a dead process is taken over: its id alone would not tell, the number may be in use again.
 * @throws EmbeddedPostgresError naming the living process that holds it.
 */
export function claimFolder(folder: string, claimFile: string): () => void {
  const mine: Owner = { pid: process.pid, started: startOf(process.pid) }
  const draft = `${claimFile}.${process.pid}`
  writeFileSync(draft, JSON.stringify(mine))
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      if (link(draft, claimFile)) return () => release(claimFile, mine)
      const holder = read(claimFile)
      if (holder && isAlive(holder.pid) && startOf(holder.pid) === holder.started) throw inUse(folder, holder)
      putAside(claimFile, holder)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  throw new EmbeddedPostgresError('Several processes are trying to take over the database at once.', {
    where: folder,
    todo: 'start only one of them',
  })
}

const inUse = (folder: string, holder: Owner) =>
  new EmbeddedPostgresError(
    holder.pid === process.pid
      ? 'This process has already started the database of this folder.'
      : `Another Souk is already using this database: process ${holder.pid}.`,
    {
      where: folder,
      todo: `stop process ${holder.pid} first, or use another folder (or set DATABASE_URL)`,
    },
  )

/** Hard links appear whole or not at all, and never over an existing one. */
function link(draft: string, claimFile: string): boolean {
  try {
    linkSync(draft, claimFile)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(error) ?? '')) throw error
    return create(draft, claimFile)
  }
}

/** For file systems without hard links. */
function create(draft: string, claimFile: string): boolean {
  try {
    writeFileSync(claimFile, readFileSync(draft), { flag: 'wx' })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

function read(claimFile: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(claimFile, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

/** Remove a dead claim; if a living process was faster and it is hers we caught, give it back. */
function putAside(claimFile: string, dead: Owner | undefined) {
  const aside = `${claimFile}.dead.${process.pid}`
  try {
    renameSync(claimFile, aside)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw error
  }
  const caught = read(aside)
  if (caught && (caught.pid !== dead?.pid || caught.started !== dead.started)) link(aside, claimFile)
  rmSync(aside, { force: true })
}

function release(claimFile: string, mine: Owner) {
  const holder = read(claimFile)
  if (holder?.pid === mine.pid && holder.started === mine.started) rmSync(claimFile, { force: true })
}
