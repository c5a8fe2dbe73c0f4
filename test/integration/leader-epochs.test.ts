// @module-tag whole
/** Leader epochs as a real broker notes and tells them. */
import { randomUUID } from 'node:crypto';
import { createHealth } from 'qcc-core/base/health';
import { createLogger } from 'qcc-core/base/logs';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { consume } from 'qcc-core/kafka/client/consume';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { topicOffsets } from 'qcc-core/kafka/client/topic-offsets';
import { fetchEpochEnds } from 'qcc-core/kafka/kafkajs-2.2.4/epoch-ends';
import { expect, inject, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { produce } from './topic-reader.ts';

const SPEC = TOPICS.orders;
const PARTITION = 2;

async function setUp() {
  const prefix = `epochs-${randomUUID()}.`;
  const settings = readSettings({ ...inject('stack'), TOPIC_PREFIX: prefix }, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  await produce(
    kafka,
    prefix,
    ['a', 'b', 'c'].map((key) => ({ topic: SPEC, key, value: Buffer.from(key), partition: PARTITION })),
  );
  return { kafka, prefix, topic: topicName(prefix, SPEC) };
}

/** Reads the three messages as a member of the group, and commits them. @returns the leader epoch that they came with. */
async function readAsMember({ kafka, topic }: Awaited<ReturnType<typeof setUp>>, group: string) {
  const read = vi.fn<(epoch: number | null | undefined) => void>();
  await using _ = await consume({
    kafka,
    group,
    topics: [topic],
    sessionTimeoutMs: 6_000,
    concurrency: 1,
    health: createHealth({ parts: [] }),
    healthPart: 'test',
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
    async onBatch({ leaderEpochs, nextOffset, commit }) {
      await commit();
      if (nextOffset >= 3n) read(leaderEpochs.at(-1)?.epoch);
    },
  });
  await vi.waitFor(() => expect(read).toHaveBeenCalled(), PATIENCE);
  return read.mock.calls[0]![0]!;
}

test('a leader says where the epoch of a message ends, and that it does not know a later one', async () => {
  const bed = await setUp();
  const { kafka, topic } = bed;
  const epoch = await readAsMember(bed, `${topic}.group`);
  const { to } = (await topicOffsets(kafka, topic)).get(PARTITION)!;
  expect(
    await fetchEpochEnds(kafka, topic, [
      { partition: PARTITION, leaderEpoch: epoch },
      { partition: PARTITION, leaderEpoch: epoch + 1 },
      { partition: 0, leaderEpoch: epoch },
    ]),
  ).toMatchObject([
    { leaderEpoch: epoch, endOffset: to },
    { leaderEpoch: -1, endOffset: -1n },
    { leaderEpoch: epoch, endOffset: 0n },
  ]);
});

test('a group keeps the leader epoch next to the offset that it has committed', async () => {
  const bed = await setUp();
  const group = `${bed.topic}.group`;
  const epoch = await readAsMember(bed, group);
  const admin = bed.kafka.admin();
  await admin.connect();
  try {
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [bed.topic] });
    const committed = offsets?.partitions.find(({ partition }) => partition === PARTITION);
    expect(committed).toMatchObject({ metadata: `leader epoch ${epoch}` });
  } finally {
    await admin.disconnect();
  }
});
