import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ClusterUnderTest, startProxy } from '@souk/bench'
import { freePorts } from '@souk/engines'
import { createApi } from '../api.ts'
import type { SignIn } from '../running.ts'
import { raisedLimits } from '../souk-under-test.ts'
import { type ClusterDescription, readDescription } from './description.ts'
import { familyOf } from './families.ts'
import { onFreePorts } from './free-ports.ts'
import { type Cluster, openCluster } from './open.ts'
import { lastWordsOf } from './part.ts'
import { host } from './plan.ts'
import { SoukFailed } from './run-souk.ts'

type Report = { checks: { service: string; title: string; findings: unknown[]; failure?: string | null }[] }

export const usualDescription = fileURLToPath(new URL('../../../deploy/cluster.yaml', import.meta.url))
const partitioned = 'work-2'

export type OwnCluster = ClusterUnderTest & {
  operator: SignIn
  env: Readonly<Record<string, string>>
  /** What each part wrote last, for whoever has to find out why something failed. */
  lastWords(): string
  stop(): Promise<void>
}

/** A cluster of its own in a temporary folder, of which everything can be broken; `stop` takes it away. */
export async function openClusterUnderTest(options: {
  onProgress: (text: string) => void
  /** Leave some of it out, or add. */
  change?: (description: ClusterDescription) => ClusterDescription
  settings?: Record<string, string>
}): Promise<OwnCluster> {
  const usual = readDescription(usualDescription)
  const description = await onFreePorts(options.change?.(usual) ?? usual)
  const folder = await mkdtemp(join(tmpdir(), 'souk-cluster-'))
  // Kafka tells its clients where to find it, so who is to be cut off needs a way in of its own, through the proxy.
  const [second = 0] = await freePorts(1)
  const proxy = await startProxy({ port: second })
  const { port } = description.kafka
  const listeners = (behind: number, name = 'ASIDE') => `PLAINTEXT://${host}:${port},${name}://${host}:${behind}`
  let cluster: Cluster | undefined
  const onExit = () => leaveNothing(cluster, folder)
  process.once('exit', onExit)
  const remove = async () => {
    process.off('exit', onExit)
    await proxy.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  try {
    const opened = await openCluster({
      description,
      folder,
      demo: false,
      onProgress: options.onProgress,
      settings: { ...raisedLimits, SOUK_ORDERS_LEASE_MS: '5000', ...options.settings },
      kafkaSettings: {
        listeners: `${listeners(second)},CONTROLLER://${host}:${port + 1}`,
        'advertised.listeners': listeners(proxy.port),
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,ASIDE:PLAINTEXT',
        'inter.broker.listener.name': 'PLAINTEXT',
      },
      // On whatever machine: who does not start says so, and who is slow has time.
      readyMs: 300_000,
      brokersOf: (program) => (program === partitioned ? `${host}:${proxy.port}` : undefined),
    })
    cluster = opened
    const api = createApi(opened.url)
    await api.signIn(opened.operator)
    return {
      url: opened.url,
      api,
      folder,
      env: opened.env,
      operator: opened.operator,
      shards: Object.keys(description.postgres.shards),
      parts: opened.parts,
      part: opened.part,
      adminUrl: opened.adminUrl,
      serverOf: (shard) => opened.part(`postgres-${description.postgres.shards[shard]}`),
      partitioned,
      cutLine(cut) {
        proxy.refuse(cut)
        if (cut) proxy.cutAll()
      },
      async audit() {
        const text = await opened.souk('audit', '--full', '--json').catch((error: unknown) => {
          if (error instanceof SoukFailed && error.printed !== '') return error.printed
          throw error
        })
        return (JSON.parse(text) as Report).checks
          .filter(({ findings, failure }) => findings.length > 0 || (failure ?? '') !== '')
          .map(({ service, title, findings, failure }) => `${service}: ${title} ${JSON.stringify(failure ?? findings)}`)
      },
      lastWords: () => opened.parts.map((part) => lastWordsOf(part)).join('\n\n'),
      async stop() {
        await opened.stop()
        await remove()
      },
    }
  } catch (error) {
    await cluster?.stop()
    await remove()
    throw error
  }
}

/** For whoever ends without having stopped it: PostgreSQL would go on without us. */
function leaveNothing(cluster: Cluster | undefined, folder: string): void {
  const pids = cluster?.parts.flatMap((part) => part.pid() ?? []).flatMap((pid) => familyOf(pid)) ?? []
  for (const pid of pids)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It was quicker.
    }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
