/** `measure-process.ts NAME BROKER,BROKER TOPIC COUNT`: measures a client from inside its process and tells its parent. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadAdapter } from './adapters/open-client.ts';
import type { ClientName, KafkaClient, Sent, TransactionalProducer } from './client.ts';
import type { Figures } from './measure.ts';

const [, , name = '', brokers = '', topic = '', count = ''] = process.argv;
const MESSAGES = Number(count);
const PARTITIONS = 6;
const VALUE_BYTES = 400;
/** As many messages as a part of an order has. */
const SEND_MESSAGES = 20_000;
const PRODUCERS = 6;

const openClient = await loadAdapter(name as ClientName);
const client = await openClient({ brokers: brokers.split(',') });
const input = { group: 'conformance-figures', topic, partition: 0 };

const idle = await ownResources();
const producers: TransactionalProducer[] = [];
for (let index = 0; index < PRODUCERS; index += 1) {
  const producer = await client.openTransactional({ id: `conformance-${name}-${index}`, input });
  await transact(producer, messages(1));
  producers.push(producer);
}
const open = await ownResources();
const [first, ...others] = producers;
for (const producer of others) await producer.close();

await transact(first!, messages(SEND_MESSAGES));
const producing = await measured(() => transact(first!, messages(MESSAGES)));
await first!.close();
const consuming = await measured(() => readAll(client, PRODUCERS + SEND_MESSAGES + MESSAGES));
process.send?.(
  {
    producedPerSecond: Math.round(MESSAGES / producing.seconds),
    produceCpuSeconds: producing.cpuSeconds,
    consumedPerSecond: Math.round((PRODUCERS + SEND_MESSAGES + MESSAGES) / consuming.seconds),
    consumeCpuSeconds: consuming.cpuSeconds,
    producersMiB: Math.round(open.residentMiB - idle.residentMiB),
    producersThreads: open.threads - idle.threads,
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
  } satisfies Figures,
  () => process.exit(),
);

function* messages(wanted: number): Generator<Sent[]> {
  const value = Buffer.alloc(VALUE_BYTES, 'a change of a company ');
  for (let at = 0; at < wanted; at += SEND_MESSAGES) {
    yield Array.from({ length: Math.min(SEND_MESSAGES, wanted - at) }, (_, index) => ({
      topic,
      partition: (at + index) % PARTITIONS,
      key: `company-${at + index}`,
      value,
    }));
  }
}

async function transact(producer: TransactionalProducer, sends: Iterable<readonly Sent[]>): Promise<void> {
  await producer.begin();
  for (const each of sends) await producer.send(each);
  await producer.commit();
}

async function readAll({ openReader }: KafkaClient, wanted: number): Promise<void> {
  const from = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0n }));
  const reader = await openReader(from);
  let got = 0;
  while (got < wanted) {
    const { messages: taken, problems } = await reader.take();
    if (problems.length > 0) throw new Error(problems[0]);
    got += taken.length;
    await sleep(5);
  }
}

async function measured(work: () => Promise<void>): Promise<{ seconds: number; cpuSeconds: number }> {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - began) / 1_000, cpuSeconds: Math.round((user + system) / 10_000) / 100 };
}

async function ownResources(): Promise<{ residentMiB: number; threads: number }> {
  await sleep(500);
  const status = readFileSync('/proc/self/status', 'utf8');
  const number = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { residentMiB: number('VmRSS') / 1_024, threads: number('Threads') };
}
