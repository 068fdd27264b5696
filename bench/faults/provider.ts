import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Charge, readLedgerFile, testProviderSecrets } from '@souk/stand-ins'

/** The payment provider, in our hands: another process with a book of its own, which is the referee of what was paid. */
export type Provider = {
  readonly url: string
  readonly pid: number
  /** How every call goes from now on: a mode of the test provider, `ok` ends it. Nothing when it does not answer. */
  control(mode: string): Promise<void>
  /** SIGKILL; the book stays, webhooks on their way are lost. Away for so long, then back at the same address. */
  killAndRestart(awayMs: number): Promise<void>
  /** Every payment as it is written in the file. */
  book(): Charge[]
  stop(): Promise<void>
}

const program = fileURLToPath(import.meta.resolve('@souk/stand-ins/test-provider/main'))
const host = '127.0.0.1'

/** A port below those that outgoing connections get, so that nobody takes it while the provider is away. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    const probe = createServer()
    const taken = await new Promise<boolean>((resolve) =>
      probe.once('error', () => resolve(true)).listen(port, host, () => resolve(false)),
    )
    probe.close()
    if (!taken) return port
  }
}

export const providerUrl = (port: number): string => `http://${host}:${port}`

export async function startProvider(options: {
  folder: string
  port: number
  /** The marketplace's. */
  secret: string
  webhookUrl: string
}): Promise<Provider> {
  const { folder, port, secret, webhookUrl } = options
  const url = providerUrl(port)
  const { apiKey } = testProviderSecrets(secret)
  let child: ChildProcess

  async function launch(): Promise<void> {
    const args = ['--host', host, '--port', String(port), '--folder', folder, '--webhook-url', webhookUrl]
    child = fork(program, args, { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the test provider did not start (${code})`)
    })
    child.send({ secret })
    await Promise.race([once(child, 'message'), ended])
    ended.catch(() => {})
  }
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  await launch()
  return {
    url,
    get pid() {
      return child.pid as number
    },
    async control(mode) {
      await fetch(`${url}/control`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ mode }),
        signal: AbortSignal.timeout(5_000),
      })
        .then((answer) => answer.text())
        .catch(() => {})
    },
    async killAndRestart(awayMs) {
      await end('SIGKILL')
      await sleep(awayMs)
      await launch()
    },
    book: () => readLedgerFile(folder),
    async stop() {
      await end('SIGKILL')
    },
  }
}
