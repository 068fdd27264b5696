import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The unprivileged user the server runs as; undefined means: as whoever runs us. */
export type Account = { uid: number; gid: number }

/**
 * PostgreSQL refuses to run as root, so root hands it to somebody else: whoever owns the data already,
 * else the machine's `postgres`, else `nobody`.
 */
export function chooseAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const owner = statSync(dataFolder, { throwIfNoEntry: false })
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return accountNamed('postgres') ?? accountNamed('nobody') ?? { uid: 65534, gid: 65534 }
}

/** Whether that user may walk through every folder above `path` and into it. */
export function canReach(path: string, account: Account | undefined): boolean {
  if (!account) return true
  let folder = resolve(path)
  while (true) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if (!(mode & bit)) return false
    if (folder === dirname(folder)) return true
    folder = dirname(folder)
  }
}

function accountNamed(name: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  // Some systems give `nobody` the number -2.
  return Number(uid) > 0 && Number(gid) > 0 ? { uid: Number(uid), gid: Number(gid) } : undefined
}
