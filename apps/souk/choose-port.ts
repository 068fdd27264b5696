import { createServer } from 'node:net'
import { Refusal } from './explain.ts'

/** Whether a port can be had. 0 always can. @throws what speaks against it beyond being taken: a wrong address, no right. */
const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    )
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })

/**
 * The port to listen on, looked for before anything is started. One that was asked for must be free; otherwise the next
 * free one of twenty will do.
 */
export async function choosePort(
  host: string,
  port: number,
  askedFor: boolean,
  setting = 'SOUK_PORT',
): Promise<number> {
  try {
    for (let candidate = port; candidate < port + 20; candidate++) {
      if (await isFree(host, candidate)) return candidate
      if (askedFor)
        throw new Refusal(
          `Port ${port} on ${host} is taken by another program. Set ${setting} to a free one, or leave it out and one is chosen.`,
        )
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES')
      throw new Refusal(`This user may not listen on port ${port}. Set ${setting} to 1024 or above.`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new Refusal(`${host} is no address of this machine. Set SOUK_HOST to one, or to 0.0.0.0 for all.`)
    throw error
  }
  throw new Refusal(`Ports ${port} to ${port + 19} on ${host} are all taken. Set ${setting} to a free one.`)
}
