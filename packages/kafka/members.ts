import { Consumer } from '@platformatic/kafka'
import { abortableDelay, type JoinOptions, type Membership, type Position } from '@souk/events'
import type { Logger } from '@souk/telemetry'
import { clientOptions, defaults, ensureTopics, type KafkaSettings } from './cluster.ts'
import type { Cursors } from './cursors.ts'
import type { Layout } from './layout.ts'

/** Offsets are told to Kafka so often: for its tools, for scaling by lag, and to begin near the right place. */
const tellEveryMs = 2_000
/** A broker that does not answer is not waited for: how far a consumer is stands in its own database. */
const leaveWithinMs = 5_000

/**
 * Membership in Kafka's group of a consumer: it shares the lanes out, and that is all. How far the consumer is stands in
 * its own database; the offsets told to Kafka are a copy for its tools, and a hint where to begin.
 */
export function joinGroup(
  { consumer: name, source, shard, into = shard, topics, onLanes }: JoinOptions,
  context: {
    settings: KafkaSettings
    layout: Layout
    cursors: Cursors
    logger: Logger
    follow(lane: string): { release(): void }
  },
): Membership {
  const { settings, layout, cursors } = context
  const { prefix = defaults.prefix, sessionMs = defaults.sessionMs } = settings
  const kafkaTopics = layout.kafkaTopics(source, shard, topics)
  const logger = context.logger.child({ consumer: name, source, shard })
  const leaving = new AbortController()
  const following = new Map<string, { release(): void }>()
  const told = new Map<string, bigint>()
  const passed = new Map<string, Position>()
  const lost = new WeakSet<Consumer>()
  let group: Consumer | undefined

  function assign(lanes: readonly string[]): void {
    for (const [lane, one] of following)
      if (!lanes.includes(lane)) {
        one.release()
        following.delete(lane)
      }
    for (const lane of lanes) if (!following.has(lane)) following.set(lane, context.follow(lane))
    onLanes(lanes)
  }

  async function join(): Promise<Consumer> {
    await ensureTopics(settings, kafkaTopics)
    const member = new Consumer({
      ...clientOptions(settings, `souk-${name}`),
      // A database of several that read one log has a group of its own: shared lanes would leave each of them a part.
      groupId: `${prefix}.${name}.${shard}${into === shard ? '' : `.into-${into}`}`,
      sessionTimeout: sessionMs,
      rebalanceTimeout: sessionMs,
      heartbeatInterval: Math.max(200, Math.floor(sessionMs / 3)),
    })
    for (const topic of kafkaTopics) member.topics.track(topic)
    // Said where nobody asked: the group threw it out and it could not come back, its line being cut. Unheard, it ends the process.
    member.on('error', (error: Error) => {
      logger.debug({ err: error }, 'the group of this consumer was lost; joining anew')
      lost.add(member)
    })
    member.on('consumer:group:join', ({ assignments }) => {
      const lanes = (assignments ?? []).flatMap(({ topic, partitions }) =>
        partitions.flatMap((partition) => layout.laneOf(topic, partition, shard) ?? []),
      )
      logger.info({ lanes }, 'lanes were shared out')
      assign(lanes)
    })
    try {
      await member.joinGroup({})
      return member
    } catch (error) {
      await member.close(true).catch(() => {})
      throw error
    }
  }

  /** Joins, and joins again when the group has lost sight of us. Meanwhile work goes on: the database decides whose it is. */
  async function stay(): Promise<void> {
    for (let failures = 0; !leaving.signal.aborted; )
      try {
        if (group === undefined || !isAlive(group)) {
          await quit(group)
          group = undefined
          group = await join()
          failures = 0
        }
        await abortableDelay(tellEveryMs, leaving.signal)
        await tell(group)
      } catch (error) {
        failures += 1
        if (failures === 3) logger.warn({ err: error }, 'the group of this consumer cannot be joined; trying on')
        await abortableDelay(Math.min(2_000, 100 * 2 ** failures), leaving.signal)
      }
  }

  async function quit(member: Consumer | undefined): Promise<void> {
    const late = new AbortController()
    const closed = member?.close(true).catch(() => {})
    await Promise.race([closed, abortableDelay(leaveWithinMs, late.signal)])
    late.abort()
  }

  const isAlive = (member: Consumer): boolean => {
    const heard = member.lastHeartbeat
    if (lost.has(member)) return false
    return heard === null || Date.now() - heard.getTime() < 2 * sessionMs
  }

  async function tell(member: Consumer): Promise<void> {
    const offsets = [...passed].flatMap(([lane, place]) => {
      const offset = cursors.find(lane, place)
      if (offset === undefined || offset === told.get(lane) || !following.has(lane)) return []
      const { kafkaTopic: topic, partition } = layout.of(lane)
      told.set(lane, offset)
      return [{ topic, partition, offset, leaderEpoch: 0 }]
    })
    if (offsets.length === 0) return
    try {
      await member.commit({ offsets })
    } catch (error) {
      told.clear()
      logger.debug({ err: error }, 'offsets could not be told to Kafka; they are kept in the database')
    }
  }

  const staying = stay()
  return {
    async begin(lane, from) {
      if (cursors.find(lane, from) !== undefined || group === undefined || from.xid === '0') return
      const { kafkaTopic, partition } = layout.of(lane)
      try {
        const committed = await group.listCommittedOffsets({ topics: [{ topic: kafkaTopic, partitions: [partition] }] })
        const offset = committed.get(kafkaTopic)?.[partition] ?? -1n
        if (offset >= 0n) cursors.set(lane, from, offset)
      } catch (error) {
        logger.debug({ err: error, lane }, 'Kafka has no hint where to begin; reading from its beginning')
      }
    },
    passed: (lane, to) => void passed.set(lane, to),
    async leave() {
      leaving.abort()
      await staying
      for (const one of following.values()) one.release()
      if (group === undefined) return
      await tell(group)
      await quit(group)
    },
  }
}
