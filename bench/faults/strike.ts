import { setTimeout as sleep } from 'node:timers/promises'
import type { Cut } from './proxy.ts'
import { countParked, insertPoison } from './referee.sql.ts'
import type { Planned } from './schedule.ts'
import type { World } from './world.ts'

/** The event of a placed order carries this word, so a message to the server that has it is a batch on its way. */
const aBatch = Buffer.from('orders.order_placed')

/** Bytes no version of Souk could read as events. */
export const poison = Buffer.from('this is no batch of events, and never was')

/** Do it, and put right what has to be put right from outside. @returns what was done, in words. */
export async function strike(world: World, planned: Planned): Promise<string> {
  switch (planned.kind) {
    case 'kill':
      return kill(world)
    case 'restart-postgres':
      await world.postgres.restart('immediate')
      return 'PostgreSQL ended as in a crash and started again'
    case 'cut-after-commit':
      return cutConnections(
        world,
        planned.cuts.map((each) => ({ ...each, marker: aBatch })),
        2_000,
      )
    case 'slow-database':
      world.proxy.delay('down', planned.replyDelayMs)
      await sleep(planned.forMs)
      world.proxy.delay('down', 0)
      return `every reply of PostgreSQL ${Math.round(planned.replyDelayMs)} ms late, for ${seconds(planned.forMs)}`
    case 'freeze': {
      const { pid } = world.souk
      process.kill(pid, 'SIGSTOP')
      await sleep(planned.forMs)
      process.kill(pid, 'SIGCONT')
      return `server process ${pid} stopped (SIGSTOP) for ${seconds(planned.forMs)}`
    }
    case 'poison':
      return spoil(world)
  }
}

/** Its start is tried again: it may have met a database that is just coming back itself. */
export async function kill(world: World): Promise<string> {
  const { pid } = world.souk
  for (let attempt = 1; ; attempt += 1)
    try {
      await world.souk.killAndRestart()
      return `server process ${pid} killed (SIGKILL) and started again`
    } catch (error) {
      if (attempt >= 3) throw error
    }
}

/** @param patienceMs how long such a message is waited for. */
export async function cutConnections(
  { proxy }: World,
  cuts: readonly { cut: Cut; marker: Buffer; pauseMs: number }[],
  patienceMs: number,
): Promise<string> {
  const before = proxy.cuts
  for (const { cut, marker, pauseMs } of cuts) {
    await Promise.race([proxy.cutNext({ marker, cut }), sleep(patienceMs)])
    proxy.disarm()
    await sleep(pauseMs)
  }
  const words = { reply: 'after the commit', sent: 'right after sending', after: 'while sending' }
  const counted = Map.groupBy(cuts, ({ cut }) => words[cut.kind])
  const list = [...counted].map(([when, some]) => `${some.length} ${when}`).join(', ')
  return `${proxy.cuts - before} connections cut with a batch on them: ${list}`
}

async function spoil(world: World): Promise<string> {
  await world.referee((client) => insertPoison(client, poison))
  const giveUpAt = performance.now() + 15_000
  while (performance.now() < giveUpAt) {
    if ((await world.referee((client) => countParked(client, poison))) > 0)
      return 'an event nobody can read was put among the others, and set aside'
    await sleep(50)
  }
  return 'an event nobody can read was put among the others'
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
