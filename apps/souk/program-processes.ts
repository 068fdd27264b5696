import { type Command, Option } from 'commander'
import type { Console } from './console.ts'
import { examples, type MakeCommand, whole } from './program-parts.ts'

/** What runs a part of the marketplace in a process of its own. */
export function addProcessCommands(program: Command, command: MakeCommand, io: Console): void {
  command(
    program,
    'serve [services...]',
    'run some of the services in this process, on DATABASE_URL',
    `${examples('DATABASE_URL=postgres://… souk serve', 'SOUK_RPC_PEERS=peers.json souk serve orders payments', 'souk serve orders --role work')}

Without names: all of them. Settings are those of \`souk start\`; nothing is stocked.
Services in one process call each other in memory, others over gRPC:
  SOUK_RPC_LISTEN               where others call the services of this process: host:port
  SOUK_RPC_PEERS                where others are: {"identity": ["10.0.0.7:7800"], …} or a file of it
  SOUK_RPC_ORDERS and so on     the same for one service: host:port,host:port
  SOUK_CERTIFICATES             folder with what services show each other (see \`souk certificates\`)
  SOUK_RPC_INSECURE             on: plain text instead, between processes of this machine
--role: edges answer customers and other services, work reads events and runs jobs; all does both. desk answers
/v1/operations, over all services, and nothing else.`,
    async (options: import('./commands/serve.ts').ServeOptions, services) =>
      (await import('./commands/serve.ts')).serve(io, services, options),
  ).addOption(
    new Option('--role <role>', 'what this process does for its services')
      .choices(['all', 'edges', 'work', 'desk'])
      .default('all'),
  )

  command(
    program,
    'gateway',
    'be the single entry for processes that serve some of the services each',
    `${examples('SOUK_GATEWAY_UPSTREAMS=http://10.0.0.7:7700,http://10.0.0.8:7700 SOUK_RPC_IDENTITY=10.0.0.7:7800 souk gateway')}

Asks each process what it serves, recognises and counts callers, and sends requests on; one description of the whole API
at /docs. Settings beside those of \`souk serve\`:
  SOUK_GATEWAY_UPSTREAMS        the processes behind it, with commas between
  SOUK_RPC_IDENTITY             where callers are recognised: host:port
  SOUK_SECRET                   the same as theirs, or SOUK_FORWARDER_SECRET made from it`,
    async (options: { json?: true }) => (await import('./commands/gateway.ts')).gateway(io, options),
  )

  command(
    program,
    'relay',
    'bring events from the database to Kafka',
    `${examples('SOUK_KAFKA_BROKERS=10.0.0.9:9092 souk relay', 'souk relay --status', 'souk relay --again orders --since 2026-11-27T08:00:00Z')}

Any number may run: one works for each service and database, another one takes over. Needed where SOUK_KAFKA_BROKERS is set
for the processes that serve, unless Debezium does it (SOUK_KAFKA_WRITTEN_BY=debezium). Settings beside those of \`souk serve\`:
  SOUK_KAFKA_BROKERS            host:port, several with commas between
  SOUK_PORT                     where it answers /health and /metrics; left out: nowhere
  SOUK_KAFKA_PARTITIONS, SOUK_KAFKA_REPLICAS, SOUK_KAFKA_RETENTION_HOURS   of topics that are made (8, 1, 168)`,
    async (options: import('./commands/relay.ts').RelayCommand) =>
      (await import('./commands/relay.ts')).relay(io, options),
  )
    .option('--status', 'say who sends what and how far it is, and end; 1 when nobody sends')
    .option('--again <service>', 'send its events again from --since on, for what Kafka has lost')
    .option('--since <time>', 'for --again')

  command(
    program,
    'certificates [names...]',
    'make what services of several processes show each other, with a development authority',
    `${examples('souk certificates', 'souk certificates orders payments --hours 1', 'souk certificates --rotate')}

Without names: for every service, the gateway, and \`operator\` for people, who may look at everything and change nothing.
Certificates with more than a third of their time left are kept. Processes that run take new ones within two seconds.`,
    async (options: import('./commands/certificates.ts').CertificatesOptions, names) =>
      (await import('./commands/certificates.ts')).certificates(io, names, options),
  )
    .option('--folder <folder>', 'where they go (SOUK_CERTIFICATES, or certificates in SOUK_DATA)')
    .option('--hours <n>', 'how long they are good', whole(1, 8_760), 24)
    .option('--rotate', 'make them anew even if they are still good')
    .option('--new-authority', 'begin with a new authority; the one before is believed until the next time')
}
