import { freePorts } from '@souk/engines'
import { type ClusterDescription, portsOf } from './description.ts'

/** The same cluster on ports nobody has: several can run on one machine, as in tests. */
export async function onFreePorts(description: ClusterDescription): Promise<ClusterDescription> {
  const { postgres, kafka, programs } = description
  // A server's replica is its neighbour, and so are Kafka's nodes, two ports for each.
  const free = await freePorts(portsOf(description).length, 2 * kafka.nodes)
  const next = () => free.pop() as number
  const kafkaPort = next()
  return {
    ...description,
    postgres: {
      ...postgres,
      servers: Object.fromEntries(Object.keys(postgres.servers).map((server) => [server, { port: next() }])),
    },
    pooler: { ...description.pooler, port: next() },
    kafka: { ...kafka, port: kafkaPort },
    redis: { ...description.redis, port: next() },
    provider: { port: next() },
    programs: Object.fromEntries(
      Object.entries(programs).map(([name, program]) => [
        name,
        { ...program, port: next(), ...(program.run === 'serve' && program.rpc !== undefined && { rpc: next() }) },
      ]),
    ),
  }
}
