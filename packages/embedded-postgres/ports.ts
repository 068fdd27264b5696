import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { EmbeddedPostgresError } from './errors.ts'

/** Below the range from which systems number outgoing connections, so a crowd of shoppers cannot take it meanwhile. */
const range = { from: 15_432, count: 8_000 }

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.on('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** The port asked for (which must be free), else the one used last time, else any free one. */
export async function choosePort(asked: number | undefined, rememberedIn: string): Promise<number> {
  if (asked !== undefined) {
    if (await isPortFree(asked)) return asked
    throw new EmbeddedPostgresError(`Port ${asked}, asked for the database, is in use by another program.`, {
      where: `127.0.0.1:${asked}`,
      todo: 'name another port, or none: then a free one is taken',
    })
  }
  const remembered = readPort(rememberedIn)
  if (remembered && (await isPortFree(remembered))) return remembered
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = range.from + Math.floor(Math.random() * range.count)
    if (await isPortFree(port)) return port
  }
  throw new EmbeddedPostgresError('No free port was found for the database.', {
    where: `127.0.0.1, ports ${range.from} to ${range.from + range.count}`,
    todo: 'see whether this machine allows listening on 127.0.0.1 at all',
  })
}

/** A convenience for tools that were told the port: a folder that cannot keep it still works. */
export function rememberPort(port: number, file: string) {
  try {
    writeFileSync(file, `${port}\n`)
  } catch {
    // Written by another user before us; the next start chooses again.
  }
}

function readPort(file: string): number | undefined {
  try {
    const port = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(port) && port > 1023 && port < 65_536 ? port : undefined
  } catch {
    return undefined
  }
}
