import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type FaultKind,
  faultKinds,
  type FaultsResult,
  formatFaults,
  loadLine,
  runFaults,
  type StartSouk,
  strikeLine,
  type TrialKind,
  trialKinds,
} from '@souk/bench'
import { createApi } from '../api.ts'
import { choosePort } from '../choose-port.ts'
import { type Console, liveLine, timed } from '../console.ts'
import { UsageError } from '../explain.ts'
import { startOwnMarketplace } from '../own-marketplace.ts'

export type FaultsCommandOptions = {
  seed?: number
  seconds: number
  rate: number
  rounds: number
  only?: string[]
  json?: string | true
  cluster?: true
}

/** `souk faults`: break everything under a marketplace of its own while customers order. Exit code 1 on any violation. */
export async function faults(io: Console, options: FaultsCommandOptions): Promise<number> {
  if (options.cluster) return await (await import('./cluster-faults.ts')).clusterFaults(io, options)
  const chosen = chosenFrom(options.only)
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130)
    io.say('\nEnding early; what was started is taken away. Ctrl-C again ends at once.')
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const say = (text: string) => (options.json === true ? io.say(text) : io.print(text))
  const first = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const results: FaultsResult[] = []
  for (let round = 0; round < options.rounds && !stop.signal.aborted; round += 1) {
    const seed = (first + round) % 2 ** 32
    const line = liveLine(io)
    const progress = timed(io)
    say(`${options.rounds > 1 ? `Round ${round + 1} of ${options.rounds}, seed` : 'Seed'} ${seed}`)
    const result = await runFaults({
      seed,
      ...chosen,
      seconds: options.seconds,
      ratePerSecond: options.rate,
      signal: stop.signal,
      startSouk: startForFaults,
      on: {
        phase(text) {
          line.end()
          progress(text)
        },
        strike(strike) {
          line.end()
          io.say(strikeLine(strike))
        },
        tick: (live) => line.show(loadLine(live)),
      },
    })
    line.end()
    results.push(result)
    say(`\n${formatFaults(result)}\n`)
  }
  const good = results.length === options.rounds && results.every((result) => result.good)
  const text = JSON.stringify(options.rounds === 1 ? results[0] : { good, rounds: results }, null, 2)
  if (typeof options.json === 'string') await writeFile(resolve(options.json), `${text}\n`)
  if (options.json === true) io.print(text)
  if (options.rounds > 1) {
    const bad = results.filter((result) => !result.good)
    say(
      good
        ? `✓ ${results.length} rounds, every promise kept.`
        : `✗ Broken in:\n  ${bad.map(({ command }) => command).join('\n  ')}`,
    )
  }
  return good ? 0 : 1
}

function chosenFrom(only: string[] | undefined): { faults: FaultKind[]; trials: TrialKind[] } {
  const names: readonly string[] = [...faultKinds, ...trialKinds]
  const unknown = (only ?? []).filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw new UsageError(`There is no fault ${unknown.join(', ')}; there are ${names.join(', ')}.`)
  const wanted = (name: string) => only === undefined || only.includes(name)
  return { faults: faultKinds.filter(wanted), trials: trialKinds.filter(wanted) }
}

/** Below where systems number outgoing connections: a crowd that knocks at a closed port could otherwise take it. */
const portsFrom = 20_000

export const startForFaults: StartSouk = async (databaseUrl, settings) => {
  const port = await choosePort('127.0.0.1', portsFrom + Math.floor(Math.random() * 10_000), false)
  const own = await startOwnMarketplace({ databaseUrl, settings: { ...settings, SOUK_PORT: String(port) } })
  const api = createApi(own.url)
  await api.signIn(own.operator)
  return {
    api,
    operator: own.operator,
    workerPid: () => own.workerPid(),
    get url() {
      return own.url
    },
    get pid() {
      return own.pid
    },
    killAndRestart: () => own.killAndRestart(),
    stop: () => own.stop(),
  }
}
