import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startChild } from '../../stack/child.ts';
import type { KafkaCluster } from '../harness/kafka-cluster.ts';
import type { ClientName } from './client.ts';
import { CHILD_FLAGS } from './start-client.ts';

/** One client's figures. CPU seconds are those of its process with all of its threads. */
export type Figures = {
  producedPerSecond: number;
  produceCpuSeconds: number;
  consumedPerSecond: number;
  consumeCpuSeconds: number;
  /** Of six transactional producers that have each committed a transaction, more than before them. */
  producersMiB: number;
  producersThreads: number;
  /** Largest resident set of the whole run. */
  peakMiB: number;
};

const MESSAGES = 200_000;

/** Produces 200,000 messages of 400 bytes in one transaction and reads them, committed, to their end. */
export async function measureClient(client: ClientName, cluster: KafkaCluster): Promise<Figures> {
  const topic = `conformance-figures-${randomUUID()}`;
  await cluster.admin.createTopic(topic, 6);
  const program = join(import.meta.dirname, 'measure-process.ts');
  const args = [...CHILD_FLAGS, program, client, cluster.brokers, topic, String(MESSAGES)];
  const child = startChild(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return await new Promise<Figures>((resolve, reject) => {
    child.once('message', (figures) => resolve(figures as Figures));
    child.once('exit', (code, signal) => reject(new Error(`the measured process ended (${signal ?? code})`)));
  });
}
