import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { killChild, startChild } from '../../stack/child.ts';
import { findJava } from '../../stack/java.mjs';
import { fetchKafka } from '../../stack/kafka.ts';
import type { Received, TopicPartition } from './client.ts';

/** The state of the cluster according to Java's consumer and the brokers. No client is judged by its own reports. */
export type Truth = {
  /** Every committed message of a topic, with its offset. */
  committed(topic: string): Promise<Received[]>;
  /** The offset that the group has committed; null if it has none. */
  groupOffset(group: string, place: TopicPartition): Promise<bigint | null>;
  /** Offsets of a partition: its first one, and the one that the next message gets. */
  ends(place: TopicPartition): Promise<{ first: bigint; next: bigint }>;
  /** Stores messages without a transaction, each with acks=all. */
  put(place: TopicPartition, keys: readonly string[], value?: Buffer): Promise<void>;
  deleteGroup(group: string): Promise<void>;
  /** Deletes the messages below the offset. */
  deleteBelow(place: TopicPartition, offset: bigint): Promise<void>;
};

/** A transaction that nobody ends is aborted after a minute; until then a reader of committed messages waits. */
const READ_LIMIT_MS = 150_000;

export function createTruth(brokers: string): Truth {
  /** A new client each time: one that has known a broker which is gone now waits for it. */
  const kafka = () =>
    new Kafka({
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      retry: { retries: 12, initialRetryTime: 100, maxRetryTime: 2_000 },
    });
  const ask = async <Answer>(question: (admin: ReturnType<Kafka['admin']>) => Promise<Answer>): Promise<Answer> => {
    const admin = kafka().admin();
    await admin.connect();
    try {
      return await question(admin);
    } finally {
      await admin.disconnect();
    }
  };
  const send = async (topic: string, messages: { partition: number; key: string; value: Buffer | null }[]) => {
    const producer = kafka().producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    try {
      // One by one: a request that is sent again after an error may store a part of its messages twice.
      for (const partition of new Set(messages.map((message) => message.partition))) {
        await producer.send({ topic, acks: -1, messages: messages.filter((each) => each.partition === partition) });
      }
    } finally {
      await producer.disconnect();
    }
  };
  return {
    async committed(topic) {
      const [metadata] = (await ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }))).topics;
      const partitions = (metadata?.partitions ?? []).map(({ partitionId }) => partitionId);
      const marker = `end-${randomUUID()}`;
      await send(
        topic,
        partitions.map((partition) => ({ partition, key: marker, value: Buffer.from('end') })),
      );
      return await readUntil({ brokers, topic, marker, partitions });
    },
    async groupOffset(group, { topic, partition }) {
      const [found] = await ask((admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }));
      const offset = found?.partitions.find((each) => each.partition === partition)?.offset;
      return offset === undefined || offset === '-1' ? null : BigInt(offset);
    },
    async ends({ topic, partition }) {
      const offsets = await ask((admin) => admin.fetchTopicOffsets(topic));
      const found = offsets.find((each) => each.partition === partition);
      if (!found) throw new Error(`${topic} has no partition ${partition}`);
      return { first: BigInt(found.low), next: BigInt(found.high) };
    },
    put: ({ topic, partition }, keys, value = Buffer.from('value')) =>
      send(
        topic,
        keys.map((key) => ({ partition, key, value })),
      ),
    deleteGroup: async (group) => void (await ask((admin) => admin.deleteGroups([group]))),
    deleteBelow: ({ topic, partition }, offset) =>
      ask(async (admin) => {
        // Otherwise kafkajs does not know the topic's leaders.
        await admin.fetchTopicOffsets(topic);
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
      }),
  };
}

/** Java's own console consumer, until it has shown the marker of each partition. */
async function readUntil(input: {
  brokers: string;
  topic: string;
  marker: string;
  partitions: readonly number[];
}): Promise<Received[]> {
  const { brokers, topic, marker, partitions } = input;
  const [java, jars] = await Promise.all([findJava(), fetchKafka()]);
  const formatter = { 'print.key': true, 'print.value': false, 'print.partition': true, 'print.offset': true };
  const child = startChild(
    java,
    [
      ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'],
      ...['-cp', join(jars, '*'), 'org.apache.kafka.tools.consumer.ConsoleConsumer'],
      ...['--bootstrap-server', brokers, '--topic', topic, '--from-beginning'],
      ...['--isolation-level', 'read_committed'],
      ...Object.entries(formatter).flatMap(([name, value]) => ['--formatter-property', `${name}=${value}`]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(child, 'exit');
  let complaint = '';
  child.stderr?.on('data', (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(-2_000);
  });
  const limit = setTimeout(() => killChild(child), READ_LIMIT_MS);
  const messages: Received[] = [];
  const open = new Set(partitions);
  try {
    for await (const line of createInterface({ input: child.stdout! })) {
      const [, partition, offset, key] = /^Partition:(\d+)\tOffset:(\d+)\t(.*)$/.exec(line) ?? [];
      if (key === undefined) continue;
      if (key === marker) open.delete(Number(partition));
      else if (!key.startsWith('end-')) {
        messages.push({ topic, partition: Number(partition), offset: BigInt(offset!), key });
      }
      if (open.size === 0) return messages;
    }
    throw new Error(`Java's consumer did not reach the end of ${topic}: ${complaint.trim()}`);
  } finally {
    clearTimeout(limit);
    killChild(child);
    await ended;
  }
}
