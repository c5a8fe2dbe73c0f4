/**
 * The peer of the enricher: what kafkajs alone takes to read a topic and write the same bytes to another, exactly once. A
 * transactional producer for each partition, a transaction for each batch that holds its offsets too, as the enricher has.
 * Says `joined` to its parent once it waits for messages.
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
const producers = new Map<number, Producer>();
const consumer = kafka.consumer({ groupId: GROUP, maxWaitTimeInMs: 250, readUncommitted: false });

consumer.on(consumer.events.GROUP_JOIN, async ({ payload }) => {
  for (const partition of payload.memberAssignment[FROM] ?? []) {
    const producer = kafka.producer({
      transactionalId: `${GROUP}.${partition}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    await (await producer.transaction()).abort();
    producers.set(partition, producer);
  }
  process.send?.('joined');
});
process.on('disconnect', () => process.exit());

await consumer.connect();
await consumer.subscribe({ topic: FROM, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: 6,
  async eachBatch({ batch, resolveOffset }) {
    const { partition, messages } = batch;
    const transaction = await producers.get(partition)!.transaction();
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
