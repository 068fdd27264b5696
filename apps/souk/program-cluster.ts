import type { Command } from 'commander'
import type { Console } from './console.ts'
import { examples, type MakeCommand, whole } from './program-parts.ts'

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

  command(
    group,
    'run <args...>',
    'a command beside it, with its settings: its databases, its Kafka',
    examples('souk cluster run audit', 'souk cluster run -- audit --full', 'souk cluster run -- relay --status'),
    async (_options: object, args) => (await import('./commands/cluster.ts')).run(io, args),
  )

  command(
    group,
    'k6 <script>',
    'send it a load of deploy/k6, by real k6',
    `${examples('souk cluster k6 checkout', 'souk cluster k6 flash-sale --vus 50 --seconds 30')}

Ends as k6 does: 99 when a threshold was crossed.`,
    async (options: import('./commands/cluster.ts').ClusterCommand, [script = '']) =>
      (await import('./commands/cluster.ts')).k6(io, script, options),
  )
    .option('--vus <n>', 'people (20)', whole(1, 100_000))
    .option('--seconds <n>', 'how long (20)', whole(1, 3_600))
}

/** What dividing costs, and what it protects: docs/performance.md. */
export function addDivisionCommand(bench: Command, command: MakeCommand, io: Console): void {
  command(
    bench,
    'division',
    'what an order costs in one process, and divided on one database and on more',
    `${examples('souk bench division', 'souk bench division --rate 100 --seconds 30', 'souk bench division --only together,one-shard')}

Processor time of every process from an order to its confirmation, less what they take when nobody orders (Linux).
Topologies: together, one-shard, two-shards, four-shards; each in a temporary folder, one after the other.`,
    async (options: import('./commands/bench-division.ts').BenchDivisionOptions) =>
      (await import('./commands/bench-division.ts')).benchDivision(io, options),
  )
    .option('--rate <n>', 'orders a second', whole(1, 10_000), 50)
    .option('--per-shard', 'so many to each database, not to all of them together')
    .option('--seconds <n>', 'of each measured run', whole(1, 600), 20)
    .option('--seed <n>', 'what all chance is drawn from', whole(0, 4_294_967_295), 1)
    .option('--only <list>', 'these alone, separated by commas', (list: string) =>
      list.split(',').map((one) => one.trim()),
    )

  command(
    bench,
    'neighbours',
    'how long the customers of other shops wait while one shop is hot, on another database and on theirs',
    `${examples('souk bench neighbours', 'souk bench neighbours --rate 20 --hot 150 --seconds 20 --rounds 5')}

Four situations in turn, on a cluster of two databases in a temporary folder: nobody is hot; a shop on another database is; a
shop on the same one is; nobody is, and processes that have nothing to do with it take as much of the machine (Linux). What is
compared is the p99 of the others, from the moment an order was due.`,
    async (options: import('./commands/bench-neighbours.ts').BenchNeighboursOptions) =>
      (await import('./commands/bench-neighbours.ts')).benchNeighbours(io, options),
  )
    .option('--rate <n>', 'orders a second of the other shops together', whole(1, 10_000), 20)
    .option('--hot <n>', 'orders a second asked of the hot one', whole(1, 10_000), 100)
    .option('--seconds <n>', 'of each measured run', whole(1, 600), 15)
    .option('--rounds <n>', 'so often each', whole(1, 100), 3)
    .option('--seed <n>', 'what all chance is drawn from', whole(0, 4_294_967_295), 1)
}
