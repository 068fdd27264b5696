import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { EventLog, WrittenRow } from '@souk/events'
import type { Logger } from '@souk/telemetry'

/** What the process with the edges says to its worker, and what comes back. */
export type ToWorker = { wake: [source: string, rows: WrittenRow[]][] } | { expose: number } | { stop: true }
export type FromWorker = { ready: true } | { exposed: number; text: string }

export type WorkerProcess = {
  /** Events of this service were committed here: the worker need not wait for its next look, nor read these rows. */
  wake: EventLog['wake']
  /** Its metrics, in the text format of Prometheus; empty when it does not answer within a second. */
  expose(): Promise<string>
  /** Finish the batches under way. */
  stop(): Promise<void>
}

/** Two seconds of a rush. */
const maxUnheardBytes = 8 * 1024 * 1024

const program = fileURLToPath(new URL('./worker.ts', import.meta.url))

/**
 * Reading events and running jobs in a process of its own, so that a crowd at the edge does not wait for it. On two cores
 * that was 9,400 orders a second instead of 9,000 in one short comparison. It ends when this process ends, however that happens, and is started again when it dies.
 */
export function startWorkerProcess(env: Readonly<Record<string, string | undefined>>, log: Logger): WorkerProcess {
  let stopping = false
  let child: ChildProcess | undefined
  let diedInARow = 0
  let asked = 0
  const answers = new Map<number, (text: string) => void>()
  /** To this child, and not taken up yet. */
  let underWay = { bytes: 0 }

  function start(): void {
    underWay = { bytes: 0 }
    // Advanced: bytes go as they are.
    child = fork(program, [], { env, stdio: 'inherit', serialization: 'advanced' })
    child.on('message', (message: FromWorker) => {
      if ('ready' in message) diedInARow = 0
      else answers.get(message.exposed)?.(message.text)
    })
    child.on('error', () => {})
    child.once('exit', (code, signal) => {
      child = undefined
      if (stopping) return
      diedInARow += 1
      const againInMs = Math.min(30_000, 200 * 2 ** diedInARow)
      log.error({ code, signal, againInMs }, 'the worker process ended; it is started again')
      setTimeout(() => {
        if (!stopping) start()
      }, againInMs).unref()
    })
  }

  const send = (message: ToWorker, sent = () => {}): boolean =>
    child?.connected === true && child.send(message, () => sent())

  // A sale commits every few milliseconds, and each word to another process costs 60 µs: the first is said at once,
  // those that follow within 10 ms together.
  const untold = new Map<string, WrittenRow[]>()
  let telling: NodeJS.Timeout | undefined
  function tell(source: string, rows: readonly WrittenRow[] = []): void {
    const ofSource = untold.get(source) ?? []
    untold.set(source, ofSource)
    // A worker that has stopped listening must not fill this process: then it reads what it is not told.
    for (const row of rows) if (underWay.bytes < maxUnheardBytes) ofSource.push(row)
    if (telling === undefined) tellNow()
  }
  function tellNow(): void {
    const wake = [...untold]
    untold.clear()
    const to = underWay
    const bytes = wake.flatMap(([, rows]) => rows).reduce((sum, { batch }) => sum + batch.length, 0)
    to.bytes += bytes
    send({ wake }, () => {
      to.bytes -= bytes
    })
    telling = setTimeout(() => {
      telling = undefined
      if (untold.size > 0) tellNow()
    }, 10)
    telling.unref()
  }

  start()
  return {
    wake: tell,
    expose() {
      const number = (asked += 1)
      return new Promise((resolve) => {
        const answer = (text: string) => {
          clearTimeout(timeout)
          answers.delete(number)
          resolve(text)
        }
        const timeout = setTimeout(() => answer(''), 1_000)
        answers.set(number, answer)
        if (!send({ expose: number })) answer('')
      })
    },
    async stop() {
      stopping = true
      const ending = child
      if (ending === undefined) return
      const exited = new Promise((resolve) => ending.once('exit', resolve))
      const late = setTimeout(() => ending.kill('SIGKILL'), 15_000)
      if (!send({ stop: true })) ending.kill('SIGKILL')
      await exited
      clearTimeout(late)
    },
  }
}

/**
 * Two processes' series in one text. What both have stands in one family, the worker's with the label process="worker":
 * else the figures of whichever does the work could be hidden behind a 0 of the other.
 */
export function mergeExposed(first: string, second: string): string {
  const families = new Map(familiesOf(first))
  for (const [name, text] of familiesOf(second)) {
    const known = families.get(name)
    families.set(name, known === undefined ? text : `${known.trimEnd()}\n${ofWorker(text)}`)
  }
  return [...families.values()].map((text) => text.trimEnd()).join('\n\n') + '\n'
}

const familiesOf = (page: string): [name: string, text: string][] =>
  page.split(/^(?=# HELP )/m).flatMap((text): [string, string][] => {
    const name = /^# TYPE (\S+)/m.exec(text)?.[1]
    return name === undefined ? [] : [[name, text]]
  })

const ofWorker = (family: string): string =>
  family
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) =>
      line.replace(
        /^(\w+)(?:\{(.*)\})? /,
        (_, name, labels = '') => `${name}{${labels && `${labels},`}process="worker"} `,
      ),
    )
    .join('\n')
