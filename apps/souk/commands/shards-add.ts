import { type AddedShard, addShard } from '../add-shard.ts'
import type { Console } from '../console.ts'

/** `souk shards add` */
export async function add(
  io: Console,
  { json, name, address }: { json?: true; name: string; address: string | undefined },
): Promise<void> {
  const added = await addShard(io.env, { name, address })
  io.print(json ? JSON.stringify(added, null, 2) : told(added).join('\n'))
}

/** What has been done, and what is left to do, in that order. */
function told({ name, server, migrations, writtenTo, shards, needsRelay, processes }: AddedShard): string[] {
  const unaware = processes.filter(({ knows }) => knows !== true)
  const lines = [
    `${name} is ready: ${server}; ${migrations === 0 ? 'nothing to migrate' : `${migrations} migrations applied`}.`,
  ]
  if (processes.length > 0 && unaware.length === 0)
    return [...lines, `All ${processes.length} processes that run know it. Next: souk shards spread`]
  lines.push(
    writtenTo === undefined
      ? `Set for every process, with its password: SOUK_SHARDS='${JSON.stringify(shards)}'`
      : `It is written to ${writtenTo}, where SOUK_SHARDS points.`,
  )
  if (unaware.length > 0)
    lines.push('Start these anew, for they do not know it:', ...unaware.map(({ about }) => `  ${about}`))
  if (needsRelay) lines.push('And souk relay, which brings its events to Kafka.')
  return [...lines, 'Then: souk shards spread']
}
