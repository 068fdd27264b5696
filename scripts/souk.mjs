#!/usr/bin/env node
// The door: `npm start` and `souk …` come in here, on whatever Node the machine has. Installs what is missing, then
// runs the program on a Node new enough for it.
import { spawn } from 'node:child_process'
import { constants as osConstants } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, root, suitableNode } from './install.mjs'

/** Commands that work on the code itself and need the tools for testing. */
const needTestTools = new Set(['mutants'])

const [command] = process.argv.slice(2)
await ensureInstalled(needTestTools.has(command) ? 'full' : 'prod')

const program = [join(root, 'apps', 'souk', 'main.ts'), ...process.argv.slice(2)]
// A process group of its own, where there are such: a Ctrl-C in the terminal then reaches only us, and the program
// gets every signal exactly once, from us. Otherwise it would see one Ctrl-C twice and take it for "at once!".
const detached = process.platform !== 'win32'
// What a crowd leaves behind in memory. A limit of 512 MB makes V8 collect when the heap has doubled, not quadrupled: live
// data is some 50 MB, so that is 100 MB instead of 200. More than 16 MB for young objects spares little and is never given
// back. Together 300 MB instead of 440 at the peak of a sale.
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=16', '--max-old-space-size=512']
const child = spawn(suitableNode(), [...nodeFlags, ...program], {
  stdio: 'inherit',
  detached,
  // If we are killed without a chance to forward anything, the program sees that its parent is no longer this one
  // (process.ppid) and shuts down by itself.
  env: { ...process.env, SOUK_PARENT_PID: String(process.pid) },
})

// We stay until the program has finished what it accepted; a second Ctrl-C is passed on like the first.
let asked = false
const pass = (signal) => {
  asked = true
  if (detached) child.kill(signal)
}
process.on('SIGINT', pass).on('SIGTERM', pass)
// The terminal was closed. Often this follows a signal already passed on; a second one would mean "at once!".
process.on('SIGHUP', () => {
  if (!asked) pass('SIGTERM')
})
child.on('error', (error) => {
  process.stderr.write(`Souk could not be started: ${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + osConstants.signals[signal]))
