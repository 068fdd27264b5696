import { Command, CommanderError, Option } from 'commander'
import type { Console } from './console.ts'
import { explain, UsageError } from './explain.ts'
import { addClusterCommands, addDivisionCommand } from './program-cluster.ts'
import { addProcessCommands } from './program-processes.ts'
import { addShardCommands } from './program-shards.ts'
import { examples, type MakeCommand, type Outcome, whole } from './program-parts.ts'
import { mappingHelp } from './import/mapping-help.ts'

/** The command line. Each command's code is loaded when it is run, so that help costs nothing. */
export function createProgram(io: Console): Command {
  const program = new Command('souk')
    .description('A marketplace engine: many shops under one roof, nothing sold twice.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showHelpAfterError('(add --help to see how it is used)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.print(text.trimEnd()), writeErr: (text) => io.say(text.trimEnd()) })
    .addHelpText(
      'after',
      `${examples('souk start', 'souk flash-sale --units 1000 --buyers 5000', 'souk audit')}

Settings come from the environment; \`souk start --help\` lists them.
Exit codes: 0 all is well, 1 something was found or failed, 2 asked wrongly.`,
    )

  const command: MakeCommand = <Options>(
    parent: Command,
    usage: string,
    summary: string,
    more: string,
    act: (options: Options, args: string[]) => Outcome,
    json: [flags: string, about: string] = ['--json', 'print the result as JSON, and nothing else on standard output'],
  ): Command =>
    parent
      .command(usage)
      .description(summary)
      .addHelpText('after', more)
      .option(...json)
      .action(async function (this: Command, ...given: unknown[]) {
        const args = given.slice(0, -2).flat() as string[]
        exitCode.set(program, (await act(this.opts() as Options, args)) ?? 0)
      })

  const group = (name: string, summary: string) => program.command(name).description(summary)

  command(
    program,
    'start',
    'open a marketplace on this machine: database, services and API in one process',
    `${examples('souk start', 'SOUK_PORT=8080 SOUK_DEMO=off souk start', 'DATABASE_URL=postgres://me:secret@db.example/souk souk start')}

Settings (environment):
  SOUK_PORT, SOUK_HOST          where to listen (7700 or the next free one, 127.0.0.1)
  SOUK_DATA                     folder of the embedded PostgreSQL and the secret (.souk)
  DATABASE_URL                  a PostgreSQL of yours instead
  SOUK_ADMIN                    off: no admin at /admin (and none is built)
  SOUK_DEMO                     off: do not stock an empty marketplace with the demo
  SOUK_OPERATOR_EMAIL, SOUK_OPERATOR_PASSWORD   an operator to make if there is none with this address
  SOUK_LOG_LEVEL                debug, info, warn (default) or error
  SOUK_ADDRESS_PER_MINUTE, SOUK_ACCOUNT_PER_MINUTE, SOUK_API_KEY_PER_MINUTE   requests a minute (100, 500, 1000)
All are explained when one of them is wrong. Ctrl-C finishes what was accepted; a second one ends at once.`,
    async (options: { json?: true }) => (await import('./commands/start.ts')).start(io, options),
  )

  addProcessCommands(program, command, io)
  addShardCommands(group('shards', 'see and change which database holds which shops'), command, io)
  addClusterCommands(group('cluster', 'run a whole cluster on this machine: docs/guides/cluster.md'), command, io)

  command(
    program,
    'migrate',
    'bring the database to the state this release works with',
    examples('DATABASE_URL=postgres://owner:…@db.example/souk souk migrate', 'souk migrate --json'),
    async (options: { json?: true }) => (await import('./commands/migrate.ts')).migrate(io, options),
  )

  command(
    program,
    'seed',
    'stock the marketplace: with the demo, or with very many products for load tests',
    `${examples('souk seed', 'souk seed --products 100000')}

Seeding twice changes nothing. With --products that many exist in the shop "Load test" afterwards.`,
    async (options: { products?: number; stock: number; json?: true }) =>
      (await import('./commands/seed.ts')).seed(io, options),
  )
    .option('--products <n>', 'have this many synthetic products instead of the demo', whole(1, 5_000_000))
    .option('--stock <n>', 'units received of each of them when it is made', whole(0, 1_000_000_000), 1_000_000)

  const imports = group('import', 'take over what another system knows')
  command(
    imports,
    'orders <file>',
    'take over orders of another system from a CSV file, with their cancellations, products and customers',
    `${examples(
      'souk import orders orders.csv --dry-run --mapping invoice-lines',
      'souk import orders orders.csv.gz --shop wholesale --create-shop --mapping invoice-lines,currency=GBP',
      'souk import orders bestellungen.csv --shop laden --mapping laden.yaml,decimal=comma,delimiter=semicolon',
    )}

The file may be packed with gzip. Lines of an order may lie anywhere in it. Interrupted, the same command goes on where
it was; repeated, it changes nothing. What cannot be imported goes to FILE.rejects.csv with line, field and reason.
Exit code 1 when what was imported and what was rejected do not make up the source.

--mapping: a preset (invoice-lines), a file of \`name: value\` lines or JSON, pairs name=value; several with commas between.
${mappingHelp}`,
    async (options: import('./commands/import.ts').ImportCommandOptions, [file = '']) =>
      (await import('./commands/import.ts')).importOrders(io, file, options),
  )
    .option('--shop <shop>', 'whose orders these are: its short name or id')
    .option('--create-shop', 'open the shop if there is none with this short name')
    .requiredOption('--mapping <mapping>', 'what stands where in the file')
    .option('--dry-run', 'read the file and report, import nothing')
    .option('--rejects <file>', 'where rejected lines go')

  command(
    program,
    'replay <file>',
    'place the orders of a file again as live traffic, at their intervals, and prove that each was placed once',
    `${examples(
      'souk replay orders.csv.gz --mapping invoice-lines',
      'souk replay orders.csv.gz --mapping invoice-lines --speed 100000 --limit 5000 --own',
    )}

Uses the marketplace that runs here, or starts one of its own in a temporary folder and takes it away again. The products
lie in a shop of the replay's own, with as many units as the orders need. Cancellations and services are left out.
Ctrl-C ends the replay early; the report is written all the same. --mapping as for \`souk import orders\`.
Exit code 1 unless every order was placed exactly once and the audit finds nothing.`,
    async (options: import('./commands/replay.ts').ReplayCommandOptions, [file = '']) =>
      (await import('./commands/replay.ts')).replay(io, file, options),
    jsonFile,
  )
    .requiredOption('--mapping <mapping>', 'what stands where in the file')
    .option('--speed <n>', 'how many times as fast as they came', whole(1, 1_000_000_000), 1_000)
    .option('--limit <n>', 'the first so many orders', whole(1, 100_000_000), 100_000_000)
    .option('--connections <n>', 'sockets at most', whole(1, 5_000), 128)
    .option('--own', 'start a marketplace of its own even if one runs here')

  command(
    program,
    'flash-sale',
    'send a crowd to a sale, over HTTP, and prove that nothing was sold twice',
    `${examples(
      'souk flash-sale',
      'souk flash-sale --units 1000 --buyers 20000 --rate 3000',
      'souk flash-sale --faults restart-database,kill --seed 7',
    )}

Uses the marketplace that runs here, or starts one of its own in a temporary folder and takes it away again.
Ctrl-C ends the sale early; the report is written all the same.
Faults (own marketplace only), each once at a moment drawn from the seed: kill, restart-database.`,
    async (options: import('./commands/flash-sale.ts').FlashSaleOptions) =>
      (await import('./commands/flash-sale.ts')).flashSale(io, options),
    jsonFile,
  )
    .option('--units <n>', 'units for sale', whole(1, 10_000_000), 10_000)
    .option('--buyers <n>', 'signed-in buyers, each wanting one', whole(1, 1_000_000), 50_000)
    .option('--rate <n>', 'arrivals a second; 0: as fast as answers come', whole(0, 1_000_000), 0)
    .option('--connections <n>', 'sockets; with a rate, at most so many', whole(1, 10_000))
    .option('--duration <seconds>', 'send no longer than this', whole(1, 3_600))
    .option('--seed <n>', 'what all chance is drawn from', whole(0, 4_294_967_295))
    .addOption(new Option('--faults <list>', 'what to break meanwhile, separated by commas').argParser(listOf))
    .option('--html <file>', 'where the page goes (default: bench/reports/flash-sale-….html)')
    .option('--base-url <url>', 'a marketplace elsewhere; needs SOUK_OPERATOR_EMAIL and SOUK_OPERATOR_PASSWORD')
    .option('--own', 'start one of its own even if one runs here')
    .option('--copy', 'in a copy of the marketplace that runs here: nothing of it is touched')
    .option('--keep', 'leave the temporary marketplace and its folder for inspection')

  const bench = group('bench', 'measure')
  addDivisionCommand(bench, command, io)
  command(
    bench,
    'floor',
    'compare with the least code that does the same durable work, in the same run',
    `${examples('souk bench floor', 'souk bench floor --seconds 10 --skus 1000 --json floor.json')}

Starts one PostgreSQL in a temporary folder and runs the floor, Souk and the floor again on it, one at a time.`,
    async (options: import('./commands/bench-floor.ts').BenchFloorOptions) =>
      (await import('./commands/bench-floor.ts')).benchFloor(io, options),
    jsonFile,
  )
    .option('--seconds <n>', 'of each measured run', whole(1, 3_600), 60)
    .option('--connections <n>', 'sockets', whole(1, 5_000), 256)
    .option('--skus <n>', 'different things wanted: 1 for one hot product', whole(1, 1_000), 1)
    .option('--products <n>', 'products that exist besides', whole(0, 5_000_000), 0)
    .option('--rounds <n>', 'how often the two take turns', whole(1, 20), 1)
    .option('--seed <n>', 'what all chance is drawn from', whole(0, 4_294_967_295), 1)
  command(
    bench,
    'pages',
    'how fast product pages are: from the server under load, and on a simulated phone',
    `${examples('souk bench pages', 'souk bench pages --rate 100 --seconds 10 --json pages.json')}

Starts a marketplace with the demo in a temporary folder, its storefront beside it as souk start opens it.`,
    async (options: import('./commands/bench-pages.ts').BenchPagesOptions) =>
      (await import('./commands/bench-pages.ts')).benchPages(io, options),
    jsonFile,
  )
    .option('--rate <n>', 'pages a second', whole(1, 10_000), 300)
    .option('--seconds <n>', 'of the measured run', whole(1, 3_600), 20)
    .option('--paints <n>', 'pages opened on a phone', whole(1, 100), 7)
    .option('--seed <n>', 'what all chance is drawn from', whole(0, 4_294_967_295), 1)

  command(
    program,
    'capacity',
    'say how many pods, shards, connections and bytes a load needs',
    `${examples('souk capacity --orders 10000 --reads 20000', 'souk capacity --orders 500 --lines 20 --json')}

The formulas, and where they come from: docs/guides/scaling.md.`,
    async (options: import('./commands/capacity.ts').CapacityOptions) =>
      (await import('./commands/capacity.ts')).capacity(io, options),
  )
    .option('--orders <n>', 'orders a second in the worst minute', whole(1, 10_000_000), 1_000)
    .option('--reads <n>', 'pages and reads a second besides', whole(0, 100_000_000), 5_000)
    .option('--lines <n>', 'lines of an order', whole(1, 1_000), 1)
    .option('--people <n>', 'people looking at once', whole(1, 1_000_000_000), 200_000)
    .option('--per-day <n>', 'orders a day, for what is kept', whole(1, 10_000_000_000), 1_000_000)
    .option('--pod-cores <n>', 'cores of a pod', whole(1, 64), 1)
    .option('--database-cores <n>', 'cores of a database server', whole(1, 256), 8)
    .option('--flush <ms>', 'how long a commit takes to be on disk', whole(1, 1_000), 2)

  command(
    program,
    'faults',
    'break everything under a marketplace of its own while customers order, and prove that every promise is kept',
    `${examples('souk faults', 'souk faults --seed 7 --seconds 60', 'souk faults --only kill,cut-after-commit --rounds 5')}

The seed decides what breaks when, who orders what and in which order; it is printed with the command that repeats it.
Faults: kill, restart-postgres, cut-after-commit, slow-database, freeze, poison; trials after them: payments (the
whole way of orders, with kills of every process and a payment provider that fails in all its ways), overload, power-cut.
Exit code 1 on any violation.`,
    async (options: import('./commands/faults.ts').FaultsCommandOptions) =>
      (await import('./commands/faults.ts')).faults(io, options),
    jsonFile,
  )
    .option('--seed <n>', 'what all chance is drawn from', whole(0, 4_294_967_295))
    .option('--seconds <n>', 'how long things break', whole(1, 600), 30)
    .option('--rate <n>', 'orders a second meanwhile', whole(1, 10_000), 500)
    .option('--rounds <n>', 'so many times, each with the next seed', whole(1, 1_000), 1)
    .addOption(new Option('--only <list>', 'these alone, separated by commas').argParser(listOf))
    .option(
      '--cluster',
      'break a whole cluster instead: Kafka, relays, workers, databases, Redis (docs/guides/cluster.md)',
    )

  command(
    program,
    'mutants',
    'break a copy of the code on purpose and see that tests turn red',
    `${examples('souk mutants', 'souk mutants --list', 'souk mutants --only no-availability-guard,id-only-cursor')}

Works on a copy in a temporary folder. Exit code 1 when a breakage stays unnoticed or no longer fits the code.`,
    async (options: import('./commands/mutants.ts').MutantsOptions) =>
      (await import('./commands/mutants.ts')).mutants(io, options),
    jsonFile,
  )
    .addOption(new Option('--only <list>', 'these breakages, separated by commas').argParser(listOf))
    .option('--list', 'print what there is, and break nothing')

  command(
    program,
    'audit',
    'check that the books balance, on the running system',
    `${examples('souk audit', 'souk audit --full', 'souk audit --json | jq .broken')}

Every check reads one snapshot and changes nothing. Looks at what changed since the last audit without findings, or at
everything when there was none. Exit code 1 when something does not add up.`,
    async (options: { full?: true; sinceLast?: true; json?: true }) =>
      (await import('./commands/audit.ts')).audit(io, options),
  )
    .addOption(new Option('--full', 'look at everything').conflicts('sinceLast'))
    .option('--since-last', 'look at what changed since the last one; everything when there was none (default)')

  const events = group('events', 'watch what services announce')
  const eventOptions = (each: Command) =>
    each
      .option('--service <name>', 'only what this service announces')
      .option('--type <type>', 'only this kind: orders.order_placed, or order_placed')
  eventOptions(
    command(
      events,
      'tail',
      'print events as they happen',
      examples(
        'souk events tail',
        'souk events tail --service orders --from beginning --limit 10',
        'souk events tail --type orders.order_confirmed --from 2026-11-27T08:00:00Z --json',
      ),
      async (options: import('./commands/events.ts').TailOptions) =>
        (await import('./commands/events.ts')).tailEvents(io, options),
    ),
  )
    .option('--from <when>', 'beginning, now, or a time', 'now')
    .option('--limit <n>', 'end after so many', whole(1, 1_000_000_000))
    .option('--no-follow', 'end where the log ends now')
  command(
    events,
    'list',
    'print the kinds of events there are',
    examples('souk events list', 'souk events list --json'),
    async (options: { json?: true }) => (await import('./commands/events.ts')).listEvents(io, options),
  )

  const order = group('order', 'one order')
  command(
    order,
    'show <id>',
    'print everything that happened to an order',
    `${examples('souk order show 0198c0de-…', 'souk order show 0198c0de-… --json')}

States, steps and attempts, events, payments, goods and messages, the oldest first.`,
    async (options: { json?: true }, [id = '']) => (await import('./commands/order.ts')).show(io, id, options),
  )

  const stuckOrders = group('orders', 'orders that came to a stop between placed and confirmed')
  command(
    stuckOrders,
    'stuck',
    'print them, with the reason',
    examples('souk orders stuck', 'souk orders stuck --limit 100 --json'),
    async (options: { json?: true; limit: number }) => (await import('./commands/order.ts')).stuck(io, options),
  ).option('--limit <n>', 'at most so many', whole(1, 100), 20)
  command(
    stuckOrders,
    'retry <ids...>',
    'try again what failed or waits',
    `${examples('souk orders retry 0198c0de-…')}

Safe at any time: nothing is done twice. The marketplace that runs goes on with them within a second or two.`,
    async (options: { json?: true }, ids) => (await import('./commands/order.ts')).retry(io, ids, options),
  )
  command(
    stuckOrders,
    'compensate <ids...>',
    'end them, and put back goods and money',
    examples('souk orders compensate 0198c0de-…'),
    async (options: { json?: true }, ids) => (await import('./commands/order.ts')).compensate(io, ids, options),
  )

  const payments = group('payments', 'the money of orders')
  command(
    payments,
    'reconcile',
    "compare our books with the payment providers', payment by payment",
    `${examples('souk payments reconcile', 'souk payments reconcile --provider stripe --from 2026-11-01 --to 2026-12-01')}

Changes nothing. What somebody is working on at this moment is listed as under-way.
Exit code 1 when anything else differs.`,
    async (options: import('./commands/payments.ts').ReconcileOptions) =>
      (await import('./commands/payments.ts')).reconcile(io, options),
  )
    .option('--provider <name>', 'only this one')
    .option('--from <time>', 'payments of this time or later (default: a day before the end)')
    .option('--to <time>', 'payments before this time (default: now)')

  const search = group('search', 'the index products are found in')
  command(
    search,
    'rebuild',
    'fill a new index beside the one that is searched, then switch',
    examples('souk search rebuild'),
    async () => (await import('./commands/search.ts')).rebuild(io),
  )

  const letters = group('dead-letters', 'events that could not be handled')
  command(
    letters,
    'list',
    'print what waits for a person',
    examples('souk dead-letters list', 'souk dead-letters list --state discarded --consumer orders.saga'),
    async (options: import('./commands/dead-letters.ts').ListOptions) =>
      (await import('./commands/dead-letters.ts')).list(io, options),
  )
    .option('--consumer <name>', 'only those of this consumer')
    .option('--type <type>', 'only this kind of event: orders.order_placed')
    .option('--since <time>', 'only those parked at this time or later')
    .option('--until <time>', 'only those parked before this time')
    .addOption(
      new Option('--state <state>', 'which ones').choices(['parked', 'replayed', 'discarded', 'all']).default('parked'),
    )
    .option('--limit <n>', 'at most so many', whole(1, 10_000), 100)
  command(
    letters,
    'show <id>',
    'print one with what it carries',
    examples('souk dead-letters show 0198c0de-…'),
    async (options: { json?: true }, [id = '']) => (await import('./commands/dead-letters.ts')).show(io, id, options),
  )
  command(
    letters,
    'replay [ids...]',
    'hand them to their consumers again',
    `${examples('souk dead-letters replay 0198c0de-…', 'souk dead-letters replay --consumer orders.products --since 2026-11-27T08:00:00Z')}

Each takes effect once, however often this is called; one that fails again stays parked with the new cause.
If a marketplace runs here it is asked to do this, so that what it remembers changes with it.`,
    async (options: import('./commands/dead-letters.ts').ReplayOptions, ids) =>
      (await import('./commands/dead-letters.ts')).replay(io, ids, options),
  )
    .option('--all', 'all that are parked, oldest first')
    .option('--consumer <name>', 'those of this consumer, oldest first')
    .option('--type <type>', 'those of this kind of event')
    .option('--since <time>', 'those parked at this time or later')
    .option('--until <time>', 'those parked before this time')
  command(
    letters,
    'discard <ids...>',
    'decide that they are not to be handled',
    examples("souk dead-letters discard 0198c0de-… --reason 'the shop was a test'"),
    async (options: { reason: string; json?: true }, ids) =>
      (await import('./commands/dead-letters.ts')).discard(io, ids, options),
  ).requiredOption('--reason <text>', 'why; kept with it')

  const jobs = group('jobs', 'work that was put off, and work by the clock')
  command(
    jobs,
    'list',
    'print what waits, runs, was done and failed, the newest first',
    examples('souk jobs list', 'souk jobs list --state failed', 'souk jobs list --queue orders.schedules --json'),
    async (options: import('./commands/jobs.ts').ListOptions) => (await import('./commands/jobs.ts')).list(io, options),
  )
    .option('--queue <name>', 'only those of this queue')
    .addOption(
      new Option('--state <state>', 'which ones').choices([
        'waiting',
        'retrying',
        'running',
        'completed',
        'cancelled',
        'failed',
      ]),
    )
    .option('--limit <n>', 'at most so many', whole(1, 10_000), 50)
  command(
    jobs,
    'show <id>',
    'print one with its progress and its result',
    examples('souk jobs show 0198c0de-…'),
    async (options: { json?: true }, [id = '']) => (await import('./commands/jobs.ts')).show(io, id, options),
  )
  command(
    jobs,
    'retry <id>',
    'try a failed one again, with all its attempts',
    examples('souk jobs retry 0198c0de-…'),
    async (options: { json?: true }, [id = '']) => (await import('./commands/jobs.ts')).retry(io, id, options),
  )
  command(
    jobs,
    'cancel <id>',
    'cancel one that has not ended',
    examples('souk jobs cancel 0198c0de-…'),
    async (options: { json?: true }, [id = '']) => (await import('./commands/jobs.ts')).cancel(io, id, options),
  )

  command(
    program,
    'schema',
    "write each service's schema.sql from its migrations (for whoever works on Souk)",
    examples('souk schema', 'souk schema --json'),
    async (options: { json?: true }) => (await import('./commands/schema.ts')).schema(io, options),
  )

  return program
}

const jsonFile: [string, string] = ['--json [file]', 'write the result as JSON to a file, or to standard output']

const exitCode = new WeakMap<Command, number>()

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** Run one command line. @returns the exit code; what went wrong has been said. */
export async function run(program: Command, args: readonly string[], io: Console): Promise<number> {
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode.get(program) ?? 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const debug = !['', '0', 'off', 'false', undefined].includes(io.env.SOUK_DEBUG)
    io.say(explain(error, debug))
    return error instanceof UsageError || (error as Error | undefined)?.name === 'ConfigurationError' ? 2 : 1
  }
}
