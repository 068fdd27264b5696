import type { Command } from 'commander'
import type { Console } from './console.ts'
import { examples, type MakeCommand, whole } from './program-parts.ts'

/** How shops are moved, whichever they are. */
const inSteps = (command: Command) =>
  command
    .option('--at-once <n>', 'buckets a move', whole(1, 1_024), 16)
    .option('--closed-for <seconds>', 'how long orders may be kept waiting', whole(1, 600), 5)

/** Which database holds which shops. */
export function addShardCommands(shards: Command, command: MakeCommand, io: Console): void {
  command(
    shards,
    'show',
    'the databases, what lies on each, and what is being moved',
    examples('souk shards show'),
    async (options: { json?: true }) => (await import('./commands/shards.ts')).show(io, options),
  )

  command(
    shards,
    'add <name> [address]',
    'make a database ready to hold shops, and say what is to be told of it',
    `${examples('souk shards add east postgres://souk:secret@db2.example/east', 'souk shards add east EAST_URL', 'souk shards add east')}

The address may be the name of a variable that holds it, so that no password stands in the shell's history; left out, it is
what SOUK_SHARDS says of this name. The database must exist and be empty. It is looked at, and migrated; nothing is moved.
Processes find it by SOUK_SHARDS: where that names a file, the new database is written into it, else you are told what to
set. Each process is to be started anew, and until all of them have been, nothing moves there.`,
    async (options: { json?: true }, [name = '', address]: string[]) =>
      (await import('./commands/shards-add.ts')).add(io, { name, address, ...options }),
  )

  const move = command(
    shards,
    'move',
    'bring shops to another database while everything goes on',
    `${examples('souk shards move --to west --buckets 0-31', 'souk shards move --to west --shop pottery', 'souk shards move --to west --from home --count 64')}

Shops are moved by the bucket they are in, with all of them in it. Everything of them is copied first; then orders wait for
about a second while what has changed is copied, compared and changed over. If that would take longer than --closed-for,
everything stays as it was: move fewer buckets at once.`,
    async (options: import('./commands/shards.ts').MoveCommand) =>
      (await import('./commands/shards.ts')).move(io, options),
  )
    .requiredOption('--to <shard>', 'where they go')
    .option('--buckets <list>', 'which: 0-31,77')
    .option('--shop <slug>', 'the bucket of this shop')
    .option('--count <n>', 'so many of those that lie on --from', whole(1, 1_024))
    .option('--from <shard>', 'only those that lie there')
  inSteps(move)

  const spread = command(
    shards,
    'spread',
    'move as few buckets as it takes until all databases hold alike many',
    examples('souk shards spread', 'souk shards spread --at-once 4'),
    async (options: import('./commands/shards.ts').SpreadCommand) =>
      (await import('./commands/shards.ts')).spread(io, options),
  )
  inSteps(spread)

  command(
    shards,
    'repair',
    'bring a move to its end whose process died',
    `${examples('souk shards repair')}

Processes that run do so by themselves after some seconds.`,
    async (options: { json?: true }) => (await import('./commands/shards.ts')).repair(io, options),
  )
}
