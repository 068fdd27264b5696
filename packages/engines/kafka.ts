import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { engines } from '../../scripts/engines.mjs'
import { freePorts } from './ports.ts'
import { type Supervised, supervise } from './supervised.ts'

export type KafkaOptions = {
  /** Data, settings and logs; kept, so that the next start finds what this one wrote. */
  dataFolder: string
  /** 1 (default) or 3: each is broker and controller. */
  nodes?: 1 | 3
  /** Of the first broker; the others follow at +2 each, controllers at +1. Default: free ones, kept in the folder. */
  port?: number
  /** Of each JVM; default 256 MB. */
  heapMb?: number
  /** More lines of server.properties, or other values. */
  settings?: Record<string, string>
  onProgress?: (message: string) => void
}

export type Kafka = {
  /** "127.0.0.1:23501", one a node. */
  readonly brokers: readonly string[]
  readonly nodes: readonly Supervised[]
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
}

/**
 * Start a Kafka of one node or three (KRaft, no ZooKeeper) on this machine, fetched when it is missing.
 * What is acknowledged survives the death of its processes, not a power cut: Kafka does not wait for the disk.
 * @throws EngineMissing when there is no Java or no way to fetch it.
 */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const { dataFolder, nodes: count = 1, heapMb = 256, onProgress } = options
  const { path: jars, java = 'java' } = await engines.kafka.obtain(onProgress === undefined ? {} : { onProgress })
  mkdirSync(dataFolder, { recursive: true })
  const ports = await portsFor(dataFolder, count, options.port)
  const clusterId = kept(join(dataFolder, 'cluster-id'), () => randomBytes(16).toString('base64url'))
  const jvm = [`-Xms64m`, `-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
  const classPath = ['-cp', join(jars, '*')]

  const prepare = async (index: number) => {
    const folder = join(dataFolder, `node-${index + 1}`)
    const properties = join(folder, 'server.properties')
    mkdirSync(folder, { recursive: true })
    writeFileSync(properties, propertiesOf(index, ports, folder, options.settings))
    writeFileSync(join(folder, 'log4j2.properties'), loggingOf)
    if (!existsSync(join(folder, 'data', 'meta.properties')))
      await promisify(execFile)(java, [
        ...jvm,
        ...classPath,
        'kafka.tools.StorageTool',
        'format',
        '--ignore-formatted',
        // One word: one id in 64 begins with a dash.
        `--cluster-id=${clusterId}`,
        '--config',
        properties,
      ])
    const logging = `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`
    return {
      name: `Kafka node ${index + 1}`,
      path: java,
      args: [...jvm, logging, ...classPath, 'kafka.Kafka', properties],
      log: join(folder, 'server.log'),
      isReady: (said: string) => said.includes('Kafka Server started'),
      // Three JVMs on two cores that others use as well.
      readyMs: 90_000,
    }
  }
  const commands = await Promise.all(ports.map((_, index) => prepare(index)))
  // Together: a node of three is ready only when it sees a majority.
  const nodes = await Promise.all(commands.map((command) => supervise(command)))
  const each = (work: (node: Supervised) => Promise<void>) => Promise.all(nodes.map(work)).then(() => {})
  return {
    brokers: ports.map(({ broker }) => `127.0.0.1:${broker}`),
    nodes,
    start: () => each((node) => node.start()),
    stop: () => each((node) => node.stop()),
    kill: () => each((node) => node.kill()),
    async restart() {
      await each((node) => node.stop())
      await each((node) => node.start())
    },
  }
}

type Ports = { broker: number; controller: number }

async function portsFor(folder: string, count: number, asked: number | undefined): Promise<Ports[]> {
  const file = join(folder, 'ports.json')
  if (asked !== undefined)
    return Array.from({ length: count }, (_, index) => ({
      broker: asked + 2 * index,
      controller: asked + 2 * index + 1,
    }))
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Ports[]
  const free = await freePorts(2 * count)
  const ports = Array.from({ length: count }, (_, index) => ({
    broker: free[2 * index] as number,
    controller: free[2 * index + 1] as number,
  }))
  writeFileSync(file, JSON.stringify(ports))
  return ports
}

function kept(file: string, make: () => string): string {
  if (!existsSync(file)) writeFileSync(file, make())
  return readFileSync(file, 'utf8').trim()
}

function propertiesOf(
  index: number,
  ports: readonly Ports[],
  folder: string,
  more: Record<string, string> = {},
): string {
  const { broker, controller } = ports[index] as Ports
  const copies = String(Math.min(3, ports.length))
  const majority = String(Math.min(2, ports.length))
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': String(index + 1),
    'controller.quorum.voters': ports.map((each, at) => `${at + 1}@127.0.0.1:${each.controller}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': majority,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': majority,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': majority,
    // 50 each by default: on one machine that is start-up time and file handles for nothing.
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.num.partitions': '4',
    // 128 MB by default, half of the heap.
    'log.cleaner.dedupe.buffer.size': '4194304',
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed may come back once its session is over: 9 s by default.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    // For consumers that were killed, likewise.
    'group.min.session.timeout.ms': '1000',
    ...more,
  }
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
}

const loggingOf = `rootLogger.level = INFO
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c{1})%n
`
