import { readFileSync } from 'node:fs'

/** Something an operator can act on: what failed, where, and what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'

  constructor(what: string, details: { where?: string; todo?: string; log?: string } = {}, cause?: unknown) {
    const lines = [what]
    if (details.where) lines.push(`  where: ${details.where}`)
    if (details.todo) lines.push(`  what to do: ${details.todo}`)
    if (details.log) lines.push('  the server said last:', ...details.log.split('\n').map((line) => `    ${line}`))
    super(lines.join('\n'), cause === undefined ? {} : { cause })
  }
}

export const errorCode = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** The last lines of the server's log, from byte `from` on; empty when there are none. */
export function logTail(path: string, from = 0, lines = 15): string {
  try {
    return readFileSync(path).subarray(from).toString('utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}
