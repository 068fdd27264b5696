import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Logger } from '@souk/telemetry'

export type TestProviderProcess = {
  /** Where it can be looked at, and where payments reach it. */
  readonly url: string
  /** Resolves when it answers; never, when it does not come up. */
  readonly ready: Promise<void>
  readonly pid: () => number | undefined
  stop(): Promise<void>
}

export type TestProviderProcessOptions = {
  port: number
  /** Where its book is kept. */
  folder: string
  /** The marketplace's; both sides derive their keys from it. */
  secret: string
  webhookUrl: string
  log: Logger
}

const program = fileURLToPath(import.meta.resolve('@souk/stand-ins/test-provider/main'))

/** What it listens on: nobody else is to reach it, whatever the marketplace listens on. */
export const testProviderHost = '127.0.0.1'

/** Settings by which a marketplace has a provider of its own. */
const ofReal = ['SOUK_STRIPE_KEY', 'SOUK_RAZORPAY_KEY_ID', 'SOUK_PAYPAL_CLIENT_ID', 'SOUK_TEST_PROVIDER_URL']

/**
 * Whether to bring one up: when told to, and on a laptop. Whoever has the embedded database in production, or a real
 * provider, is not to give goods away for money that is none.
 */
export function wantsTestProvider(
  settings: { SOUK_TEST_PROVIDER: boolean | undefined; DATABASE_URL: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.SOUK_TEST_PROVIDER_URL) return false
  const onLaptop = settings.DATABASE_URL === undefined && env.NODE_ENV !== 'production'
  return settings.SOUK_TEST_PROVIDER ?? (onLaptop && !ofReal.some((name) => env[name]))
}

/**
 * The test provider beside a marketplace that has no other: a process of its own, because a provider is one, and because
 * what kills it must not touch orders. It ends when this process ends, however that happens, and is started again when it
 * dies; its book stays.
 */
export function startTestProviderProcess(options: TestProviderProcessOptions): TestProviderProcess {
  const { port, folder, secret, webhookUrl, log } = options
  const url = `http://${testProviderHost}:${port}`
  let stopping = false
  let child: ChildProcess | undefined
  let diedInARow = 0
  let isReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    isReady = resolve
  })

  function start(): void {
    const args = ['--host', testProviderHost, '--port', String(port), '--folder', folder, '--webhook-url', webhookUrl]
    // Nothing of our environment: it holds the secrets of real providers and of the database. Its lines are not ours.
    const started = fork(program, args, { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child = started
    started.on('error', () => {})
    started.send({ secret }, () => {})
    started.on('message', () => {
      diedInARow = 0
      isReady()
    })
    started.once('exit', (code, signal) => {
      child = undefined
      if (stopping) return
      diedInARow += 1
      const againInMs = Math.min(30_000, 200 * 2 ** diedInARow)
      log.error({ code, signal, againInMs }, 'the test provider ended; it is started again')
      setTimeout(() => {
        if (!stopping) start()
      }, againInMs).unref()
    })
  }

  start()
  return {
    url,
    ready,
    pid: () => child?.pid,
    async stop() {
      stopping = true
      const ending = child
      if (ending === undefined) return
      const exited = new Promise((resolve) => ending.once('exit', resolve))
      const late = setTimeout(() => ending.kill('SIGKILL'), 5_000)
      ending.kill('SIGTERM')
      await exited
      clearTimeout(late)
    },
  }
}
