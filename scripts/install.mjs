// Sees to it that the dependencies named in package-lock.json are installed. Plain JavaScript for any Node from 18 on:
// it runs before anything is there. Speaks on stderr only, so that `souk … --json` stays pure.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { constants as osConstants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const markerFile = join(modules, '.souk-installed.json')
const lockFile = join(root, 'package-lock.json')
const cache = join(root, '.cache')
const turnstile = join(cache, 'install.lock')
const turnstileOwner = join(turnstile, 'owner.json')
/** Longer than any installation; a number left by a crash may belong to another process by now. */
const staleAfterMs = 15 * 60_000
const minimumNode = [22, 22]

const say = (text) => process.stderr.write(`${text}\n`)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Install what is missing. `prod`: what running needs; `full`: also what testing needs. A full installation serves both.
 * One process installs, others wait for it. Ends the process with an explanation when it cannot be done.
 */
export async function ensureInstalled(mode) {
  if (isInstalled(mode)) return
  const leave = await enterAlone()
  try {
    if (isInstalled(mode) || adoptHandmade(mode)) return
    await install(mode)
  } finally {
    leave()
  }
}

/** Newest suitable Node: the one npm brought for this machine, else the one running now. */
export function suitableNode() {
  const own = join(
    modules,
    `node-${process.platform}-${process.arch}`,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  if (existsSync(own)) {
    const { status, stdout } = spawnSync(own, ['--version'], { encoding: 'utf8' })
    if (status === 0 && isNewEnough(stdout)) return own
  }
  if (isNewEnough(process.version)) return process.execPath
  say(`Souk needs Node ${minimumNode.join('.')} or newer; this is ${process.version} (${process.execPath}).`)
  say(
    `The dependencies hold none that runs on ${process.platform} ${process.arch}: install one from https://nodejs.org, then start again.`,
  )
  process.exit(1)
}

function isNewEnough(version) {
  const [major, minor] = version.trim().replace('v', '').split('.').map(Number)
  return major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1])
}

const lockHash = () => createHash('sha256').update(readFileSync(lockFile)).digest('hex')
const thisPlatform = `${process.platform}-${process.arch}`

function isInstalled(mode) {
  const marker = readJson(markerFile)
  return (
    marker?.lockHash === lockHash() &&
    marker.platform === thisPlatform &&
    (marker.mode === 'full' || marker.mode === mode)
  )
}

const mark = (mode) =>
  writeFileSync(markerFile, JSON.stringify({ lockHash: lockHash(), mode, platform: thisPlatform }, null, 2))

/** Somebody ran `npm install` or `npm ci` by hand: fine, if every package is there in the locked version. */
function adoptHandmade(mode) {
  const found = ['full', ...(mode === 'prod' ? ['prod'] : [])].find((candidate) => missingFrom(candidate).length === 0)
  if (found) mark(found)
  return found !== undefined
}

/** Packages of the lock file that should be here and are not. npm calls an optional one that failed to download a success. */
function missingFrom(mode) {
  const installed = readJson(join(modules, '.package-lock.json'))?.packages ?? {}
  return Object.entries(readJson(lockFile).packages)
    .filter(([path, wanted]) => path.includes('node_modules/') && isWanted(wanted, mode))
    .filter(
      ([path, wanted]) => installed[path]?.version !== wanted.version || !existsSync(join(root, path, 'package.json')),
    )
    .map(([path]) => path)
}

function isWanted({ dev, optional, os, cpu, libc }, mode) {
  if (dev && mode === 'prod') return false
  if (!optional) return true
  // Which C library this is npm knows better; and an optional one for every machine is nobody's need.
  return Boolean(os?.includes(process.platform) && (!cpu || cpu.includes(process.arch)) && !libc)
}

async function install(mode) {
  const began = Date.now()
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`
  say(
    `Installing the dependencies${mode === 'full' ? ', with those for testing' : ''} (once; a minute or two on a new machine)`,
  )
  const ticker = setInterval(() => say(`  installing … ${seconds()}`), 5_000)
  const onlyToolsMissing = missingFrom('prod').length === 0
  // Gone first: whatever interrupts us from here on, the next run looks again.
  rmSync(markerFile, { force: true })
  const log = join(cache, 'install.log')
  // `npm ci` begins by emptying node_modules, under the feet of a marketplace that may be running in another window;
  // what is only missing is added without that.
  const added =
    onlyToolsMissing && !(await runNpm(['install', '--no-save'], mode, log)) && missingFrom(mode).length === 0
  const failure = added ? undefined : await runNpm(['ci'], mode, log)
  clearInterval(ticker)
  const missing = failure ? [] : missingFrom(mode)
  if (failure || missing.length > 0) {
    say(`\nThe installation failed: ${failure ?? `npm left out ${missing.slice(0, 5).join(', ')}`}. npm said last:\n`)
    say(readFileSync(log, 'utf8').trimEnd().split('\n').slice(-25).join('\n'))
    say(`\nThe whole output is in ${log}. Check that the npm registry can be reached (npm ping), then start again.`)
    process.exit(1)
  }
  mark(mode)
  say(`  installed in ${seconds()}`)
}

/** npm, silent but for its log; what went wrong, or undefined. */
function runNpm(command, mode, log) {
  const env = { ...process.env }
  delete env.NODE_ENV // `production` would leave out what testing needs
  const args = [
    ...command,
    mode === 'full' ? '--include=dev' : '--omit=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ]
  const npm = process.env.npm_execpath
  const inherited = npm?.endsWith('.js') && existsSync(npm) && !/pnpm|yarn/.test(npm)
  return new Promise((resolve) => {
    const output = createWriteStream(log)
    const child = inherited
      ? spawn(process.execPath, [npm, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('npm', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    writeFileSync(turnstileOwner, JSON.stringify({ pid: process.pid, npm: child.pid }))
    const stopWith = (signal) => {
      child.kill(signal)
      process.exitCode = 128 + osConstants.signals[signal]
      interrupted = signal
    }
    let interrupted
    process.on('SIGINT', stopWith).on('SIGTERM', stopWith)
    child.stdout.pipe(output, { end: false })
    child.stderr.pipe(output, { end: false })
    child.on('error', (error) => output.end(() => resolve(`npm cannot be run (${error.message})`)))
    child.on('close', (code, signal) => {
      process.off('SIGINT', stopWith).off('SIGTERM', stopWith)
      output.end(() => {
        if (interrupted) process.exit()
        resolve(code === 0 ? undefined : `npm ${command[0]} ended with ${code ?? signal}`)
      })
    })
  })
}

/** One installer at a time. A folder, because making one either succeeds or fails for everybody. */
async function enterAlone() {
  mkdirSync(cache, { recursive: true })
  for (let told = false, nameless = 0; ; ) {
    try {
      mkdirSync(turnstile)
      writeFileSync(turnstileOwner, JSON.stringify({ pid: process.pid }))
      const leave = () => rmSync(turnstile, { recursive: true, force: true })
      process.on('exit', leave)
      return () => {
        process.off('exit', leave)
        leave()
      }
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const { pid: owner, npm } = readJson(turnstileOwner) ?? {}
    // Without a name for 5 s: its maker died between two lines.
    nameless = owner === undefined ? nameless + 1 : 0
    const dead = owner !== undefined && ((!isAlive(owner) && !(npm && isAlive(npm))) || ageMs(turnstile) > staleAfterMs)
    if (nameless > 10 || dead) {
      removeDead(owner)
      continue
    }
    if (!told && owner !== undefined) say(`Process ${owner} is installing the dependencies; waiting for it`)
    told ||= owner !== undefined
    await sleep(500)
  }
}

/** Moved aside before it is looked at again, so that two who wait do not remove each other's. */
function removeDead(owner) {
  const aside = `${turnstile}.dead.${process.pid}`
  try {
    renameSync(turnstile, aside)
  } catch {
    return
  }
  if (readJson(join(aside, 'owner.json'))?.pid !== owner && !existsSync(turnstile)) renameSync(aside, turnstile)
  rmSync(aside, { recursive: true, force: true })
}

const ageMs = (path) => Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
