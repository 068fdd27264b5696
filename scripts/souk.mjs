#!/usr/bin/env node
// The door: `npm start` and `souk …` come in here, on whatever Node the machine has. Installs what is missing, then
// runs the program on a Node new enough for it.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
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
// What V8 is told of memory. A crowd's requests live for one batch, some 25 ms: with 64 MB for young objects most are gone
// before they are looked at. A limit makes it collect before the heap has quadrupled; live data is some 50 MB. At 10,000
// orders a second, without confirming them: 74 µs of processor time an order and 370 MB without these, 74 µs and 310 MB with them; 16 MB and a
// limit of 512 gave 200 MB and 93 µs. The same for marketplaces that commands start (apps/souk/own-marketplace.ts).
const nodeFlags = JSON.parse(readFileSync(new URL('../apps/souk/node-flags.json', import.meta.url), 'utf8'))
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
