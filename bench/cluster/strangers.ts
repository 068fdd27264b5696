import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** As many as parts of a cluster are at work for one order: they wait for a core as those do. */
const atOnce = 6

// A burst of 1 to 3 ms, about what a part works at a stretch, and a rest that makes it the share it is told.
const program = `
const share = Number(process.argv[1])
const turn = () => {
  const until = performance.now() + 1 + 2 * Math.random()
  while (performance.now() < until);
  setTimeout(turn, ((2 * (1 - share)) / share) * (0.5 + Math.random()))
}
turn()
process.on('disconnect', () => process.exit(0))`

/** Processes that have nothing to do with the marketplace and take so many cores of the machine. */
export function startStrangers(cores: number): { stop(): void } {
  const share = Math.min(0.95, Math.max(0.001, cores / atOnce))
  const children: ChildProcess[] = Array.from({ length: atOnce }, () =>
    spawn(process.execPath, ['-e', program, String(share)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
  )
  return {
    stop() {
      for (const child of children) child.kill()
    },
  }
}

/** How many cores of the machine were at work since it was made, whoever used them. Linux: it reads /proc. */
export function watchMachine(): { coresTaken(): number } {
  const beganAtMs = performance.now()
  const before = busyTicks()
  return { coresTaken: () => (busyTicks() - before) / ticksPerSecond / ((performance.now() - beganAtMs) / 1_000) }
}

const ticksPerSecond = 100

/** Of all cores, in user and system mode and for interrupts. */
function busyTicks(): number {
  const [user = 0, nice = 0, system = 0, _idle, _waiting, irq = 0, softIrq = 0] = readFileSync('/proc/stat', 'utf8')
    .slice(3, 200)
    .trim()
    .split(/\s+/)
    .map(Number)
  return user + nice + system + irq + softIrq
}
