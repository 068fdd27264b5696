import type { Command } from 'commander'
import type { Console } from './console.ts'
import { examples, type MakeCommand } from './program-parts.ts'

/** A whole cluster on this machine: deploy/cluster.yaml, docs/guides/cluster.md. */
export function addClusterCommands(group: Command, command: MakeCommand, io: Console): void {
  command(
    group,
    'up',
    'start everything deploy/cluster.yaml describes, and stay until asked to stop',
    `${examples('souk cluster up', 'souk cluster up --no-demo --no-pages', 'souk cluster up --file my-cluster.yaml')}

Two PostgreSQL servers with four databases, Kafka, Redis, a relay, API processes, workers, a gateway and the storefront, each
a process of its own; who dies is started again. Data and logs: cluster in SOUK_DATA. Ctrl-C stops them in order.`,
    async (options: import('./commands/cluster.ts').ClusterCommand) =>
      (await import('./commands/cluster.ts')).up(io, options),
  )
    .option('--file <file>', 'another description')
    .option('--no-demo', 'do not stock an empty marketplace with the demo')
    .option('--no-pages', 'no storefront and no admin (and none is built)')

  command(
    group,
    'status',
    'show its processes: state, memory, restarts; 1 when one is not up',
    examples('souk cluster status', 'souk cluster status --json'),
    async (options: import('./commands/cluster.ts').ClusterCommand) =>
      (await import('./commands/cluster.ts')).status(io, options),
  )

  command(
    group,
    'logs <name>',
    'show what one of them has written',
    examples('souk cluster logs orders-1 -f', 'souk cluster logs kafka'),
    async (options: import('./commands/cluster.ts').ClusterCommand, [name = '']) =>
      (await import('./commands/cluster.ts')).logs(io, name, options),
  ).option('-f, --follow', 'and go on')

  command(group, 'stop', 'end the cluster that runs here, in order', examples('souk cluster stop'), async () =>
    (await import('./commands/cluster.ts')).stop(io),
  )
}
