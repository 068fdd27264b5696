import type { Console } from './console.ts'

/**
 * Resolves to why it is time to stop: a signal, or the death of whoever started us (then nobody would ever stop us). A
 * second signal ends the process at once.
 */
export function untilAskedToStop(io: Console): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) {
        io.say('Ended at once.')
        process.exit(signal === 'SIGINT' ? 130 : 143)
      }
      asked = true
      resolve(signal === 'SIGINT' ? 'Ctrl-C' : signal)
    }
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal)
    const parent = Number(io.env.SOUK_PARENT_PID)
    if (!Number.isInteger(parent) || parent <= 0) return
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      resolve('the process that started it is gone')
    }, 1_000)
    watch.unref()
  })
}
