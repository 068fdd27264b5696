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
import { onFreePorts } from './free-ports.ts'
import { openCluster, SoukFailed } from './open.ts'
import { host } from './plan.ts'

type Report = { checks: { service: string; title: string; findings: unknown[]; failure?: string | null }[] }

export const usualDescription = fileURLToPath(new URL('../../../deploy/cluster.yaml', import.meta.url))
const partitioned = 'work-2'

export type OwnCluster = ClusterUnderTest & {
  operator: SignIn
  env: Readonly<Record<string, string>>
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
  const remove = async () => {
    await proxy.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  try {
    const cluster = await openCluster({
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
      brokersOf: (program) => (program === partitioned ? `${host}:${proxy.port}` : undefined),
    })
    const api = createApi(cluster.url)
    await api.signIn(cluster.operator)
    return {
      url: cluster.url,
      api,
      folder,
      env: cluster.env,
      operator: cluster.operator,
      shards: Object.keys(description.postgres.shards),
      parts: cluster.parts,
      part: cluster.part,
      adminUrl: cluster.adminUrl,
      serverOf: (shard) => cluster.part(`postgres-${description.postgres.shards[shard]}`),
      partitioned,
      cutLine(cut) {
        proxy.refuse(cut)
        if (cut) proxy.cutAll()
      },
      async audit() {
        const text = await cluster.souk('audit', '--full', '--json').catch((error: unknown) => {
          if (error instanceof SoukFailed && error.printed !== '') return error.printed
          throw error
        })
        return (JSON.parse(text) as Report).checks
          .filter(({ findings, failure }) => findings.length > 0 || (failure ?? '') !== '')
          .map(({ service, title, findings, failure }) => `${service}: ${title} ${JSON.stringify(failure ?? findings)}`)
      },
      async stop() {
        await cluster.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
