import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { clusterFaultKinds, clusterFaultsText, runClusterFaults, strikeText } from '@souk/bench'
import { openClusterUnderTest } from '../cluster/under-test.ts'
import { type Console, timed } from '../console.ts'
import { UsageError } from '../explain.ts'
import type { FaultsCommandOptions } from './faults.ts'

/** `souk faults --cluster`: 1 on any violation. */
export async function clusterFaults(io: Console, options: FaultsCommandOptions): Promise<number> {
  const names: readonly string[] = clusterFaultKinds
  const unknown = (options.only ?? []).filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw new UsageError(`There is no fault ${unknown.join(', ')} of a cluster; there are ${names.join(', ')}.`)
  const kinds = clusterFaultKinds.filter((kind) => options.only === undefined || options.only.includes(kind))
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const progress = timed(io)
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const say = (text: string) => (options.json === true ? io.say(text) : io.print(text))
  say(`Seed ${seed}`)
  const cluster = await openClusterUnderTest({ onProgress: progress })
  try {
    const result = await runClusterFaults(cluster, {
      seed,
      kinds,
      // What a whole cluster on a small machine answers beside everything else.
      ratePerSecond: Math.min(options.rate, 40),
      onPhase: progress,
      onStrike: (strike) => say(strikeText(strike)),
      signal: stop.signal,
    })
    say(`\n${clusterFaultsText(result)}`)
    const text = JSON.stringify(result, null, 2)
    if (typeof options.json === 'string') await writeFile(resolve(options.json), `${text}\n`)
    if (options.json === true) io.print(text)
    return result.good ? 0 : 1
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await cluster.stop()
  }
}
