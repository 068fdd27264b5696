import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MutantOutcome, mutants as all, runMutants } from '@souk/bench'
import { type Console, timed } from '../console.ts'
import { UsageError } from '../explain.ts'

export type MutantsOptions = { only?: string[]; list?: true; json?: string | true }

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** `souk mutants`: break a copy of the code on purpose and see that tests turn red. Exit code 1 when one stays green. */
export async function mutants(io: Console, options: MutantsOptions): Promise<number> {
  const chosen = options.only === undefined ? all : all.filter(({ name }) => options.only?.includes(name))
  const unknown = (options.only ?? []).filter((name) => !all.some((mutant) => mutant.name === name))
  if (unknown.length > 0)
    throw new UsageError(
      `There is no breakage ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}.`,
    )
  if (options.list) {
    io.print(
      options.json
        ? JSON.stringify(chosen, null, 2)
        : chosen.map(({ name, breaks }) => `${name}\n  ${breaks}`).join('\n'),
    )
    return 0
  }
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
  const progress = timed(io)
  const say = (text: string) => (options.json === true ? io.say(text) : io.print(text))
  const result = await runMutants({
    root,
    mutants: chosen,
    signal: stop.signal,
    onProgress: (text) => io.screen.isTTY && progress(text),
    onOutcome: (outcome) => say(lineOf(outcome)),
  })
  const text = JSON.stringify(result, null, 2)
  if (typeof options.json === 'string') await writeFile(resolve(options.json), `${text}\n`)
  if (options.json === true) io.print(text)
  const seconds = `${Math.round(result.tookMs / 1_000)} s`
  if (result.redBefore.length > 0) {
    say(`\n✗ These tests fail without any breakage, so nothing was tried:\n  ${result.redBefore.join('\n  ')}`)
    return 1
  }
  const good = result.killed === chosen.length
  const rest = [`${result.survived} survived`, ...(result.stale > 0 ? [`${result.stale} no longer fit the code`] : [])]
  say(
    `\n${good ? '✓' : '✗'} ${result.killed} of ${chosen.length} breakages turned a test red, ${rest.join(', ')}, in ${seconds}.`,
  )
  return good ? 0 : 1
}

function lineOf({ name, breaks, outcome, by, tookMs }: MutantOutcome): string {
  const head = `${outcome === 'killed' ? '✓' : '✗'} ${outcome.padEnd(8)}  ${name}  (${(tookMs / 1_000).toFixed(1)} s)`
  const lines = outcome === 'survived' ? ['every test stayed green'] : by
  return [
    head,
    `             ${breaks}`,
    ...lines.map((line) => `             ${outcome === 'killed' ? 'red: ' : ''}${line}`),
  ].join('\n')
}
