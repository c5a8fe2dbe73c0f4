import { randomUUID } from 'node:crypto';
import { describeError } from 'qcc-core/base/errors';
import { randomOf } from 'qcc-simulator/random';
import { type KafkaCluster, openKafkaCluster } from '../harness/kafka-cluster.ts';
import type { Say } from '../harness/say.ts';
import { until } from '../harness/until.ts';
import { NonconformityError, openBed, PATIENCE_MS, untilWhole } from './bed.ts';
import { CASES } from './cases.ts';
import type { ClientName } from './client.ts';
import { createInjection, type Injection } from './injection.ts';
import { ClientCallError, startClient } from './start-client.ts';
import { createTruth, type Truth } from './truth.ts';

/** What became of a case. `broken` is a case that could not be carried through, which says nothing about the client. */
export type CaseResult = {
  outcome: 'passed' | 'failed' | 'broken';
  seconds: number;
  /** Why it failed, or figures. */
  notes: string[];
};

export type CaseBench = AsyncDisposable & { cluster: KafkaCluster; truth: Truth; injection: Injection };

export async function openCaseBench(say: Say): Promise<CaseBench> {
  const injection = createInjection();
  const cluster = await openKafkaCluster({ proxied: true, intercept: () => injection.intercept, progress: say });
  // Not through the proxies: no response to these requests is injected.
  const truth = createTruth(cluster.brokers);
  await untilCoordinated(cluster, truth);
  return { cluster, truth, injection, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
}

export async function runCase(
  bench: CaseBench,
  input: { client: ClientName; name: string; seed: string; isShort: boolean; say: Say },
): Promise<CaseResult> {
  const { client, name, seed, say } = input;
  const { rounds, run } = CASES[name]!;
  bench.injection.reset();
  await untilWhole(bench.cluster, []);
  const began = performance.now();
  const result = (outcome: CaseResult['outcome'], notes: string[]): CaseResult => ({
    outcome,
    notes,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  });
  await using bed = openBed({ ...bench, name: client, random: randomOf(seed, 'conformance', name).fraction, say });
  try {
    return result('passed', await run(bed, { rounds: input.isShort ? rounds.short : rounds.whole }));
  } catch (error) {
    const isClients = error instanceof NonconformityError || error instanceof ClientCallError;
    return isClients ? result('failed', [error.message]) : result('broken', [describeError(error)]);
  }
}

/** Kafka makes its own topics when they are first used; no case is to wait for that. */
export async function untilCoordinated({ brokers, admin }: KafkaCluster, truth = createTruth(brokers)): Promise<void> {
  const topic = `conformance-first-${randomUUID()}`;
  await admin.createTopic(topic, 1);
  const { client, [Symbol.asyncDispose]: end } = await startClient('kafkajs-plain', brokers);
  const group = `conformance-first-${randomUUID()}`;
  await until('groups and transactions have coordinators', PATIENCE_MS, async () => {
    await truth.groupOffset(group, { topic, partition: 0 });
    const producer = await client.openTransactional({ id: group, input: { group, topic, partition: 0 } });
    await producer.close();
    return true;
  });
  await end();
}
