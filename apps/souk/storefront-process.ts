import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from '@souk/storefront/build'
import type { Logger } from '@souk/telemetry'
import { derivedSecret } from './derived-secret.ts'

export type StorefrontProcess = {
  /** Where shoppers find it. */
  readonly url: string
  /** Resolves when it answers. Rejects when its pages cannot be built; everything else works all the same. */
  readonly ready: Promise<void>
  stop(): Promise<void>
}

export type StorefrontProcessOptions = {
  host: string
  port: number
  apiUrl: string
  /** The marketplace's; what is shared with the pages follows from it. */
  secret: string
  build: Promise<string>
  log: Logger
}

const program = fileURLToPath(import.meta.resolve('@souk/storefront/main'))

/** Where the built pages are, building them when nobody has. Begun early: it takes some seconds, beside the opening. */
export const builtStorefront = (onProgress: (text: string) => void): Promise<string> =>
  ensureBuilt(() => onProgress('Building the storefront (once for each version)'))

/**
 * The storefront beside a marketplace: a process of its own that knows the public API and nothing else, so that pages stay
 * up whatever happens behind them. It ends when this process ends and is started again when it dies.
 */
export function startStorefrontProcess(options: StorefrontProcessOptions): StorefrontProcess {
  const { host, port, apiUrl, secret, log } = options
  let stopping = false
  let child: ChildProcess | undefined
  let diedInARow = 0
  let isReady: () => void = () => {}
  const answering = new Promise<void>((resolve) => {
    isReady = resolve
  })

  function start(built: string): void {
    // Nothing else of our environment: it holds secrets that pages have no use for.
    const env = {
      NODE_ENV: 'production',
      SOUK_API_URL: apiUrl,
      SOUK_STOREFRONT_HOST: host,
      SOUK_STOREFRONT_PORT: String(port),
      SOUK_STOREFRONT_BUILT: built,
      SOUK_STOREFRONT_SECRET: derivedSecret(secret, 'storefront sessions'),
      SOUK_FORWARDER_SECRET: derivedSecret(secret, 'forwarder'),
    }
    const started = fork(program, [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child = started
    started.on('error', () => {})
    started.on('message', () => {
      diedInARow = 0
      isReady()
    })
    started.once('exit', (code, signal) => {
      child = undefined
      if (stopping) return
      diedInARow += 1
      const againInMs = Math.min(30_000, 200 * 2 ** diedInARow)
      log.error({ code, signal, againInMs }, 'the storefront ended; it is started again')
      setTimeout(() => {
        if (!stopping) start(built)
      }, againInMs).unref()
    })
  }

  const begun = options.build.then((built) => {
    if (!stopping) start(built)
    return answering
  })
  begun.catch(() => {})
  return {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
    ready: begun,
    async stop() {
      stopping = true
      const ending = child
      if (ending === undefined) return
      const exited = new Promise((resolve) => ending.once('exit', resolve))
      const late = setTimeout(() => ending.kill('SIGKILL'), 7_000)
      ending.kill('SIGTERM')
      await exited
      clearTimeout(late)
    },
  }
}
