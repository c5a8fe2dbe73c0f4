import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaCluster } from '../harness/kafka-cluster.ts';
import { until } from '../harness/until.ts';
import type { ClientName, Progress, Reader, Sent, TopicPartition } from './client.ts';
import type { Injection } from './injection.ts';
import { type ClientProcess, startClient } from './start-client.ts';
import type { Truth } from './truth.ts';

/** The test bed of a case: the cluster, its true state, and as many processes of the client as the case wants. */
export type Bed = AsyncDisposable & {
  cluster: KafkaCluster;
  truth: Truth;
  injection: Injection;
  /** Between 0 and 1, from the seed. */
  random(): number;
  say(line: string): void;
  start(): Promise<ClientProcess>;
  /** A new topic with three replicas; at least two have to be in sync unless the configuration says otherwise. */
  topic(partitions: number, configs?: Readonly<Record<string, string>>): Promise<string>;
  /** A name that nothing else has: of a group, a transactional id, a run of keys. */
  name(what: string): string;
};

/** The client broke its promise. The message says how, in one sentence. */
export class NonconformityError extends Error {
  override readonly name = 'NonconformityError';
}

export const assertThat = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new NonconformityError(otherwise);
};

/** Longer than a client may take for anything; a client that is slower is stuck. */
export const PATIENCE_MS = 120_000;

export function openBed(input: {
  name: ClientName;
  cluster: KafkaCluster;
  truth: Truth;
  injection: Injection;
  random: () => number;
  say: (line: string) => void;
}): Bed {
  const { name, cluster } = input;
  const processes: ClientProcess[] = [];
  const { truth, injection, random, say } = input;
  return {
    cluster,
    truth,
    injection,
    random,
    say,
    async start() {
      const started = await startClient(name, cluster.brokers);
      processes.push(started);
      return started;
    },
    async topic(partitions, configs) {
      const topic = `conformance-${randomUUID()}`;
      await cluster.admin.createTopic(topic, partitions, configs);
      return topic;
    },
    name: (what) => `${what}-${randomUUID()}`,
    async [Symbol.asyncDispose]() {
      for (const each of processes) await each[Symbol.asyncDispose]();
    },
  };
}

/** One message for each partition of a topic and each number of a count. */
export const messagesOf = (topic: string, partitions: number, name: string, count = 1): Sent[] =>
  Array.from({ length: partitions * count }, (_, index) => ({
    topic,
    partition: index % partitions,
    key: `${name}-${index}`,
    value: Buffer.from(`value of ${name}-${index}`),
  }));

export const keysOf = (messages: readonly { key: string }[]): string[] => messages.map(({ key }) => key);

/**
 * @param committed Keys that have to be there once each.
 * @param never Keys that must not be there.
 * @throws NonconformityError that says how many are lost, doubled or there by mistake.
 */
export function assertExactly(
  found: readonly { key: string }[],
  { committed, never = [] }: { committed: readonly string[]; never?: readonly string[] },
): void {
  const counts = new Map<string, number>();
  for (const { key } of found) counts.set(key, (counts.get(key) ?? 0) + 1);
  const lost = committed.filter((key) => !counts.has(key)).length;
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  const wrong = never.filter((key) => counts.has(key)).length;
  const problems = [
    lost > 0 && `${lost} of ${committed.length} messages that the client called stored are lost`,
    doubled > 0 && `${doubled} messages are stored twice`,
    wrong > 0 && `${wrong} messages of failed or aborted transactions are visible`,
  ].filter((problem) => problem !== false);
  assertThat(problems.length === 0, problems.join('; '));
}

/** Everything that a reader handed out, until a condition holds. @throws Error that names what did not come */
export async function readUntil(
  reader: Reader,
  what: string,
  holds: (soFar: Progress) => boolean,
  limitMs = PATIENCE_MS,
): Promise<Progress> {
  const all: Progress = { messages: [], positions: [], problems: [] };
  const deadline = Date.now() + limitMs;
  for (;;) {
    const { messages, positions, problems } = await reader.take();
    all.messages.push(...messages);
    all.positions = positions;
    all.problems.push(...problems);
    if (holds(all)) return all;
    if (Date.now() > deadline) {
      const told = all.problems.length > 0 ? `; the client said: ${[...new Set(all.problems)].join(', ')}` : '';
      throw new NonconformityError(`within ${limitMs / 1_000} s not ${what}${told}`);
    }
    await sleep(50);
  }
}

export const positionOf = ({ positions }: Progress, { topic, partition }: TopicPartition): bigint | undefined =>
  positions.find((each) => each.topic === topic && each.partition === partition)?.offset;

/** Every node runs and every partition of the topics has all its replicas in sync. */
export async function untilWhole(cluster: KafkaCluster, topics: readonly string[]): Promise<void> {
  for (const node of cluster.nodes) {
    node.thaw();
    if (node.pid === undefined) await node.start();
  }
  for (const topic of topics) {
    await until(`${topic} has all replicas in sync`, PATIENCE_MS, async () => {
      const states = await cluster.admin.partitions(topic);
      return states.every(({ isr, replicas, leader }) => leader >= 0 && isr.length === replicas.length);
    });
  }
}
