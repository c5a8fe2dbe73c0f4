/**
 * The peer of the enricher: kafkajs alone reads a topic and writes the same bytes to another one, exactly once. Like the enricher, it has a
 * transactional producer for each partition, and a transaction for each batch that also commits the offsets.
 * Sends `joined` to its parent once it waits for messages. kafkajs rejoins the group by itself after a rebalance and after
 * errors that it can retry. If it leaves the group for good, this process says why and ends with exit code 1.
 */
import { Kafka, logLevel, type Producer } from 'kafkajs';

const { KAFKA_BROKERS, FROM, TO, GROUP } = process.env;
if (!KAFKA_BROKERS || !FROM || !TO || !GROUP) throw new Error('KAFKA_BROKERS, FROM, TO and GROUP are needed');

const kafka = new Kafka({
  brokers: KAFKA_BROKERS.split(','),
  logLevel: logLevel.NOTHING,
  // A transaction right after a commit is refused at first, and the default waits 300 ms then.
  retry: { initialRetryTime: 30, maxRetryTime: 3_000, retries: 8 },
});
/** Of the partitions it has. A batch may come before its producer is connected. */
const producers = new Map<number, Promise<Producer>>();
const consumer = kafka.consumer({ groupId: GROUP, maxWaitTimeInMs: 250, readUncommitted: false });

consumer.on(consumer.events.GROUP_JOIN, async ({ payload }) => {
  const earlier = [...producers.values()];
  producers.clear();
  for (const partition of payload.memberAssignment[FROM] ?? []) producers.set(partition, openProducer(partition));
  try {
    await Promise.all([...producers.values()]);
    await Promise.allSettled(earlier.map(async (producer) => (await producer).disconnect()));
  } catch (error) {
    end('it cannot connect its producers', error);
  }
  process.send?.('joined');
});
consumer.on(consumer.events.CRASH, ({ payload }) => {
  if (!payload.restart) end('it has left its group', payload.error);
});
process.on('unhandledRejection', (error) => end('an error was not handled', error));
process.on('disconnect', () => process.exit());

await consumer.connect();
await consumer.subscribe({ topic: FROM, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: 6,
  async eachBatch({ batch, resolveOffset }) {
    const { partition, messages } = batch;
    const producer = await producers.get(partition)!;
    const transaction = await producer.transaction();
    await transaction.send({ topic: TO, messages: messages.map(({ key, value }) => ({ key, value })) });
    const offset = String(BigInt(batch.lastOffset()) + 1n);
    await transaction.sendOffsets({
      consumerGroupId: GROUP,
      topics: [{ topic: FROM, partitions: [{ partition, offset }] }],
    });
    await transaction.commit();
    resolveOffset(batch.lastOffset());
  },
});

async function openProducer(partition: number): Promise<Producer> {
  const producer = kafka.producer({
    transactionalId: `${GROUP}.${partition}`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  await (await producer.transaction()).abort();
  return producer;
}

function end(what: string, error: unknown): never {
  console.error(`kafkajs-copy ends: ${what}: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
