import { openHouse } from './house.ts'
import { allServices } from './services.ts'
import type { FromWorker, ToWorker } from './worker-process.ts'

// The worker beside `souk start`: reads events and runs jobs. Started by worker-process.ts, never by hand.

if (process.send === undefined) {
  process.stderr.write('This is a part of souk start; run npm start instead.\n')
  process.exit(2)
}

// Ctrl-C reaches the whole group. The process with the edges says when it is our turn.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

// To nobody, once the other side is gone: without somebody to hear of that, it would end this process before it has finished.
const say = (message: FromWorker) => process.send?.(message, undefined, {}, () => {})

const house = await openHouse({
  services: allServices,
  env: process.env,
  onProgress: () => {},
  onFatal: () => process.exit(1),
  working: true,
})

let stopped: Promise<void> | undefined
const stop = () => {
  stopped ??= house.stop()
  return stopped.finally(() => process.exit(0))
}

process.on('message', (message: ToWorker) => {
  if ('wake' in message) for (const [source, rows] of message.wake) house.eventLog.wake(source, rows)
  else if ('expose' in message) void house.metrics.expose().then((text) => say({ exposed: message.expose, text }))
  else void stop()
})
// The other side is gone, perhaps killed: whatever is under way is finished, and nothing new begun.
process.on('disconnect', () => void stop())
if (!process.connected) void stop()
say({ ready: true })
