import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { randomOf } from 'qcc-simulator/random';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { CASES } from '../conformance/cases.ts';
import { type CaseBench, openCaseBench, runCase } from '../conformance/run-cases.ts';
import { runPreferredElections } from '../faults/cluster/elections.ts';
import type { KafkaCluster } from '../harness/kafka-cluster.ts';
import { PATIENCE } from '../harness/patience.ts';
import { createQuietKafka } from '../harness/quiet-kafka.ts';
import { testKilledLeader } from './subscriber/killed-leader.ts';

/** One cluster of three for all tests here. */
let bench: CaseBench;
let cluster: KafkaCluster;

beforeAll(async () => {
  bench = await openCaseBench((line) => console.log(line));
  cluster = bench.cluster;
});

afterAll(async () => {
  const pids = cluster.nodes.map(({ pid }) => pid!);
  await bench[Symbol.asyncDispose]();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

/** The short form of `npm run conformance`, for the client that the services use. */
const SHORT_CASES = Object.entries(CASES)
  .filter(([, { isShort }]) => isShort)
  .map(([name, { sentence }]) => [sentence, name] as const);

test.each(SHORT_CASES)('%s', async (_sentence, name) => {
  const result = await runCase(bench, {
    client: 'kafkajs',
    name,
    seed: 'npm test',
    isShort: true,
    say: (line) => console.log(line),
  });
  expect(result).toMatchObject({ outcome: 'passed' });
});

testKilledLeader(() => cluster);

test('leaders that move in the middle of an order lose nothing and double nothing', async () => {
  bench.injection.reset();
  const seed = 'election';
  const random = randomOf(seed, 'plan').fraction;
  const input = { endpoints: inject('stack'), cluster, seed, random, say: () => {}, orderRecords: 1_000 };
  const figures = await runPreferredElections(input, { elections: 1 });
  expect(figures).toMatchObject({ faults: 1, lost: 0, doubled: 0, wrong: 0, stuck: 0, problems: [] });
});

const newTopic = async (): Promise<{ topic: string; partition: number }> => {
  const topic = `cluster-${randomUUID().slice(0, 8)}`;
  await cluster.admin.createTopic(topic, 1);
  return { topic, partition: 0 };
};

test('three nodes hold a topic three times; a killed leader is replaced, and a node that returns is in sync again', {
  tags: 'whole',
}, async () => {
  const where = await newTopic();
  const [before] = await cluster.admin.partitions(where.topic);
  expect(before!.replicas.toSorted()).toEqual([1, 2, 3]);

  const killed = cluster.node(before!.leader);
  await killed.kill();
  expect(killed.pid).toBeUndefined();
  await vi.waitFor(async () => {
    const leader = await cluster.admin.leader(where);
    expect([1, 2, 3].filter((id) => id !== killed.id)).toContain(leader);
  }, PATIENCE);
  await produce(where.topic, 'while one is away');

  await killed.start();
  await vi.waitFor(async () => {
    const [state] = await cluster.admin.partitions(where.topic);
    expect(state!.isr.toSorted()).toEqual([1, 2, 3]);
  }, PATIENCE);
  await cluster.admin.moveLeaders([{ ...where, nodeId: killed.id }]);
  await produce(where.topic, 'by the one that came back');
});

test('a frozen leader is replaced while its process lives', { tags: 'whole' }, async () => {
  const where = await newTopic();
  const frozen = cluster.node(await cluster.admin.leader(where));
  frozen.freeze();
  try {
    await vi.waitFor(async () => {
      expect([frozen.id, -1]).not.toContain(await cluster.admin.leader(where));
    }, PATIENCE);
    expect(frozen.pid).toBeDefined();
  } finally {
    frozen.thaw();
  }
  await vi.waitFor(async () => {
    expect((await cluster.admin.partitions(where.topic))[0]!.isr.toSorted()).toEqual([1, 2, 3]);
  }, PATIENCE);
});

test('a node that ends by SIGTERM has handed its partitions over, and a preferred election gives them back', {
  tags: 'whole',
}, async () => {
  const where = await newTopic();
  const node = cluster.node(await cluster.admin.leader(where));
  await cluster.admin.moveLeaders([{ ...where, nodeId: node.id }]);
  await node.stop();
  expect([node.id, -1]).not.toContain(await cluster.admin.leader(where));
  await node.start();
  await vi.waitFor(async () => {
    expect((await cluster.admin.partitions(where.topic))[0]!.isr).toContain(node.id);
    await cluster.admin.electPreferred([where]);
    expect(await cluster.admin.leader(where)).toBe(node.id);
  }, PATIENCE);
});

test('a broker whose responses are cut off from clients is still in sync with the other brokers', {
  tags: 'whole',
}, async () => {
  const where = await newTopic();
  const leader = cluster.node(await cluster.admin.leader(where));
  leader.proxy().cut('responses');
  const sent = produce(where.topic, 'answered late');
  await expect(Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 2_000, 'held'))])).resolves.toBe(
    'held',
  );
  expect((await cluster.admin.partitions(where.topic))[0]!.isr.toSorted()).toEqual([1, 2, 3]);
  leader.proxy().open();
  await sent;
});

test('the coordinator of a group and of a transactional id is the leader of the partition that their hash names', {
  tags: 'whole',
}, async () => {
  const where = await newTopic();
  const id = `协调-${randomUUID()}`;
  const consumer = client().consumer({ groupId: id });
  const joinedAt = new Promise<string>((resolve) => {
    consumer.on(consumer.events.REQUEST, ({ payload: { apiName, broker } }) => {
      if (apiName === 'JoinGroup') resolve(broker);
    });
  });
  await consumer.connect();
  await consumer.subscribe({ topic: where.topic });
  await consumer.run({ eachMessage: async () => {} });
  const ofGroup = await cluster.admin.leader(await cluster.admin.groupPartition(id));
  expect(await joinedAt).toBe(cluster.node(ofGroup).address);
  await consumer.disconnect();

  const producer = client().producer({ transactionalId: id, idempotent: true, maxInFlightRequests: 1 });
  const endedAt = new Promise<string>((resolve) => {
    producer.on(producer.events.REQUEST, ({ payload: { apiName, broker } }) => {
      if (apiName === 'EndTxn') resolve(broker);
    });
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: where.topic, messages: [{ value: 'in a transaction' }] });
  await transaction.commit();
  const ofTransaction = await cluster.admin.leader(await cluster.admin.transactionPartition(id));
  expect(await endedAt).toBe(cluster.node(ofTransaction).address);
  await producer.disconnect();
});

const client = (): Kafka => createQuietKafka(cluster.brokers);

async function produce(topic: string, value: string): Promise<void> {
  const producer = client().producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: [{ value }] });
  } finally {
    await producer.disconnect();
  }
}
