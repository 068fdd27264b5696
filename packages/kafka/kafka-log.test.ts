import { Admin } from '@platformatic/kafka'
import { kafkaForTests } from '@souk/engines/for-tests'
import { afterAll, test } from 'vitest'
import { describeConsumers } from '../events/consumer.conformance.ts'
import { describeLog } from '../events/log.conformance.ts'
import { openSession } from '../events/test-log.ts'
import { sendAgain } from './index.ts'
import { counted, countedEvent, noted, openStage, versionOf } from './test-kafka.ts'

const given = await kafkaForTests()
if (given.notTried === undefined) {
  const { kafka } = given
  afterAll(() => given.close())

  describeLog('Kafka, three partitions a topic', async () => {
    const stage = await openStage(kafka.brokers)
    stage.relay()
    return {
      log: stage.log,
      source: 'writer',
      shard: 'main',
      topics: [counted.topic, noted.topic],
      event: (topic, key) => countedEvent(key, 1, topic === counted.topic ? counted : noted),
      async begin() {
        const session = await openSession(stage.database)
        await session.run('begin')
        const end = async (how: string) => {
          await session.run(how)
          await session.close()
          stage.outboxes.wake('writer')
        }
        return { append: session.append, commit: () => end('commit'), rollback: () => end('rollback') }
      },
      close: stage.close,
    }
  })

  describeConsumers('Kafka, three partitions a topic', async () => {
    const stage = await openStage(kafka.brokers)
    stage.relay()
    return {
      log: stage.log,
      openLog: stage.openLog,
      source: 'writer',
      shard: 'main',
      reader: stage.reader,
      counted,
      event: countedEvent,
      eventOfTomorrow: (key) => countedEvent(key, 1, { ...counted, schemaVersion: 2 }),
      versionOf,
      write: stage.write,
      writeRaw: (batch) => stage.writeRaw(counted.topic, batch),
      deliverAgain: async () =>
        void (await sendAgain({ log: stage.outboxes, db: stage.relayDb, shard: 'main' }, 'writer', new Date(0))),
      async forgetAll() {
        const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...kafka.brokers] })
        const name = `${stage.settings.prefix}.${counted.topic}.main`
        await admin.deleteRecords({
          topics: [{ name, partitions: [0, 1, 2].map((partition) => ({ partition, offset: -1n })) }],
        })
        await admin.close()
      },
      sharedBy: 3,
      close: stage.close,
    }
  })
} else {
  process.stderr.write(`\n${given.notTried}\n\n`)
  test.skip(given.notTried, () => {})
}
