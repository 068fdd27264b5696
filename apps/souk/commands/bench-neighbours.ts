import { measureNeighbours, neighboursText } from '@souk/bench'
import { openClusterUnderTest } from '../cluster/under-test.ts'
import { type Console, timed } from '../console.ts'
import { smaller } from './bench-division.ts'

export type BenchNeighboursOptions = {
  rate: number
  hot: number
  seconds: number
  rounds: number
  seed: number
  json?: true
}

/** `souk bench neighbours`: how long others wait while one shop is hot, on another database and on theirs. */
export async function benchNeighbours(io: Console, options: BenchNeighboursOptions): Promise<number> {
  const progress = timed(io)
  const cluster = await openClusterUnderTest({
    onProgress: progress,
    change: (usual) => smaller(usual, { home: 'north', east: 'south' }),
  })
  try {
    const { rate: ratePerSecond, hot: hotPerSecond, seconds, rounds, seed } = options
    const given = { seed, ratePerSecond, hotPerSecond, seconds, rounds, onPhase: progress }
    const rows = await measureNeighbours(cluster, given)
    io.print(options.json ? JSON.stringify(rows, null, 2) : neighboursText(rows))
    return 0
  } finally {
    await cluster.stop()
  }
}
