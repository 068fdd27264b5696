// Whether anything the product is made of has a known vulnerability: `npm run advisories`. Of what only builds and tests,
// nothing is asked. 0: none of weight; 1: there is one, named; 3: not known, because the registry keeps no list of them.
import { spawnSync } from 'node:child_process'

const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
  maxBuffer: 64 * 2 ** 20,
  timeout: 60_000,
})
if (error && error.code !== 'ETIMEDOUT') throw error
const answer = error ? { message: 'nothing within a minute' } : JSON.parse(stdout || '{}')

if (answer.metadata === undefined) {
  process.stdout.write(
    `Not checked: the registry was asked for advisories, and said “${answer.message ?? 'nothing'}”.\n`,
  )
  process.exit(3)
}
const grave = Object.values(answer.vulnerabilities).filter(({ severity }) => /^(high|critical)$/.test(severity))
for (const { name, range, severity, via } of grave) {
  const why = via.map((each) => (typeof each === 'string' ? `by ${each}` : `${each.title} (${each.url})`))
  process.stdout.write(`${severity}: ${name} ${range}: ${why.join('; ')}\n`)
}
const { total } = answer.metadata.vulnerabilities
const count = answer.metadata.dependencies.prod
process.stdout.write(`${grave.length} of weight, ${total} in all, in ${count} packages.\n`)
process.exit(grave.length > 0 ? 1 : 0)
