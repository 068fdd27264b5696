import type { Mutant } from './list.ts'

const moving = 'packages/service/move-buckets.test.ts'

/** Ways to break bringing shops from one database to another. */
export const moveMutants: readonly Mutant[] = [
  {
    name: 'keys-stay-behind',
    breaks: 'A shop moves without the answers that were given under a key, and an order sent again is placed again.',
    edits: [
      {
        file: 'packages/service/common-tables.sql.ts',
        find: 'select * from ${brought} on conflict',
        replace: 'select * from ${brought} where false on conflict',
      },
    ],
    turnsRed: [{ file: moving, test: 'brings answers that were given under a key, so that they are given again' }],
  },
  {
    name: 'newcomers-unseen',
    breaks: 'Nobody waits for a process that has looked at the map before it changed, and not said so yet.',
    edits: [
      {
        file: 'packages/service/shard-map.ts',
        find: '    await announce()\n    await look()',
        replace: '    await look()',
      },
    ],
    turnsRed: [
      {
        file: moving,
        test: 'waits for a process that starts, which has looked at the map and has not said so yet',
      },
    ],
  },
  {
    name: 'doors-stay-open',
    breaks: 'Nobody is kept out while a shop changes over to the other database.',
    edits: [
      {
        file: 'packages/service/move-standstill.ts',
        find: "        const version = await close('nobody')",
        replace: "        const version = await close('settling')",
      },
    ],
    turnsRed: [{ file: moving, test: 'lets nobody in while it changes over' }],
  },
  {
    name: 'deleted-by-a-sleeper',
    breaks: 'Whoever repaired a move and fell asleep deletes a shop that has come back since.',
    edits: [
      {
        file: 'packages/service/move-ends.ts',
        find: '      await record.check()\n      await (where',
        replace: '      await (where',
      },
    ],
    turnsRed: [{ file: moving, test: 'nor does one that repairs and falls asleep before it deletes' }],
  },
  {
    name: 'lost-answers-undone',
    breaks: 'The answer to changing the map is lost, and rows are deleted where the map now says that they are.',
    edits: [
      {
        file: 'packages/service/move-map.sql.ts',
        find: ' and phase = any(${from}::text[]) and ended_at is null',
        replace: ' and ${from}::text[] is not null and ended_at is null',
      },
    ],
    turnsRed: [{ file: moving, test: 'an answer lost when the map was changed' }],
  },
  {
    name: 'savepoints-forgotten',
    breaks: 'What was written in a savepoint while rows were copied is taken for old.',
    edits: [
      {
        file: 'packages/service/move-rows.sql.ts',
        find: '      pg_snapshot_xmin(${snapshot}::text::pg_snapshot)::text as oldest`)',
        replace: '      pg_snapshot_xmax(${snapshot}::text::pg_snapshot)::text as oldest`)',
      },
    ],
    turnsRed: [{ file: moving, test: 'brings rows as they are when it closes' }],
  },
]
