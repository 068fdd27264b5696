import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, commandPath, EngineMissing } from './missing.mjs'

/** Newest that the client is tested against. */
const version = '4.2.0'
const javaAtLeast = 17
const howTo = `Install a JDK ${javaAtLeast} and Maven, or unpack a Kafka ${version} release and name its folder in SOUK_KAFKA_HOME; without Java, deploy/compose.yaml runs one in Docker.`

/** Kafka from its Java packages: 46 files, 50 MB. `{ path, java, version }`; path is the folder of the jars. */
export const kafka = {
  name: 'kafka',
  locate() {
    const java = javaCommand()
    if (java === undefined) return undefined
    const home = process.env.SOUK_KAFKA_HOME
    if (home !== undefined) return hasBroker(join(home, 'libs')) ? { path: join(home, 'libs'), java } : undefined
    const path = join(cacheFolder(), `kafka-${version}`)
    return hasBroker(path) ? { path, java, version } : undefined
  },
  async obtain({ onProgress = () => {} } = {}) {
    const found = kafka.locate()
    if (found !== undefined) return found
    if (process.env.SOUK_KAFKA_HOME !== undefined)
      throw new EngineMissing('kafka', `SOUK_KAFKA_HOME (${process.env.SOUK_KAFKA_HOME}) holds no release`, howTo)
    if (javaCommand() === undefined) throw new EngineMissing('kafka', `there is no Java ${javaAtLeast} or newer`, howTo)
    const maven = commandPath('mvn')
    if (maven === undefined) throw new EngineMissing('kafka', 'there is no Maven to fetch it with', howTo)
    onProgress(`fetching Kafka ${version} with Maven (50 MB, once)`)
    fetchJars(maven, join(cacheFolder(), `kafka-${version}`))
    const fetched = kafka.locate()
    if (fetched === undefined) throw new EngineMissing('kafka', 'Maven brought no broker', howTo)
    return fetched
  },
}

const hasBroker = (folder) =>
  existsSync(folder) && readdirSync(folder).some((name) => /^kafka_2\.13-\d.*\.jar$/.test(name))

function javaCommand() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : commandPath('java')
  if (java === undefined) return undefined
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' })
  const major = Number(/version "(\d+)/.exec(stderr ?? '')?.[1])
  return major >= javaAtLeast ? java : undefined
}

function fetchJars(maven, folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'souk-kafka-'))
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
      throw new EngineMissing('kafka', `Maven failed (${why.trim().slice(0, 300)})`, howTo)
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
      if (!hasBroker(folder)) throw error
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const dependency = (group, artifact, of) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${of}</version></dependency>`

// The binding lets the broker write its log; without it it dies in silence.
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>souk</groupId><artifactId>kafka-engine</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependency('org.apache.kafka', 'kafka_2.13', version)}${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.24.3')}</dependencies></project>
`
