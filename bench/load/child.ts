import { generate } from './generator.ts'
import type { LiveStats, LoadPlan, LoadResult } from './types.ts'

export type ToChild = { kind: 'run'; plan: LoadPlan } | { kind: 'stop' } | { kind: 'enough' }
export type FromChild =
  | { kind: 'ready' }
  | { kind: 'tick'; live: LiveStats }
  | { kind: 'done'; result: LoadResult }
  | { kind: 'failed'; message: string }

const stop = new AbortController()
const enough = new AbortController()
const tell = (message: FromChild) => process.send?.(message)

process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') stop.abort()
  else if (message.kind === 'enough') enough.abort()
  else void run(message.plan)
})
// Ctrl-C in a terminal reaches the whole process group; the parent decides when we stop, and still wants the result.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(1))
tell({ kind: 'ready' })

async function run(plan: LoadPlan) {
  try {
    const onTick = (live: LiveStats) => tell({ kind: 'tick', live })
    tell({ kind: 'done', result: await generate(plan, onTick, stop.signal, enough.signal) })
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}
