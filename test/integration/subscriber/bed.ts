import { randomBytes } from 'node:crypto';
import { Kafka, logLevel, type Message } from 'kafkajs';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { expect, inject, vi } from 'vitest';
import type { Change, SubscribeOptions, Subscription } from '../../../packages/qcc-subscriber/src/options.ts';
import { subscribe } from '../../../packages/qcc-subscriber/src/subscribe.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { type Pipeline, startPipeline } from '../../harness/pipeline.ts';
import { readTopic } from '../../harness/read-topic.ts';

/** Orders with ids that come again, so that versions replace one another. */
const RECORDS = 200;
const PLAN = [
  { pushDate: '2026-03-16 09:10:00', types: ['2', '4', '10', '11'] },
  { pushDate: '2026-03-16 11:10:00', repeat: 40 },
  { pushDate: '2026-03-16 13:10:00', repeat: 40, repeatWithin: 5, types: ['2', '10', '11', '4'] },
];

/** The whole form has more kills, and every way to log in. */
export const IS_WHOLE = process.env.TEST_FORM === 'whole';

export type Options = Partial<SubscribeOptions> & Pick<SubscribeOptions, 'group' | 'from'>;
export type Connection = Pick<SubscribeOptions, 'topicPrefix' | 'kafka' | 'registry'>;

/** One pipeline with a few orders, for all suites of the typed client. */
export type SubscriberBed = AsyncDisposable & {
  pipeline: Pipeline;
  kafka: Kafka;
  topic: string;
  connection: Connection;
  /** `orderNo/position` of everything that QCC has delivered. */
  occurrences: readonly string[];
  /** Resolves once the sink has stored all of it. @returns its number */
  sendOrder(order: Record<string, unknown>): Promise<string>;
  open(options: Options): Subscription;
  /** Takes changes until one makes the condition hold. */
  take(options: Options, isLast: (changes: readonly Change[]) => boolean): Promise<Change[]>;
  messages(): ReturnType<typeof readTopic>;
  committed(group: string): Promise<{ partition: number; offset: string; isAtEnd: boolean }[]>;
  /** `id/version` of each row of the view `records`, in order. */
  currentState(where?: string): Promise<string[]>;
  publish(messages: readonly Message[]): Promise<void>;
};

export async function openSubscriberBed(): Promise<SubscriberBed> {
  await using opened = new AsyncDisposableStack();
  const pipeline = opened.use(
    await startPipeline({
      stack: inject('stack'),
      simulator: { seed: 'subscriber', faults: { processingShare: 0.3, processingAsks: 1 } },
      env: {
        DETAIL_WAIT_MS: '300',
        DETAIL_RATE_PER_SECOND: '1000',
        ERASURE_KEY: randomBytes(32).toString('base64'),
      },
    }),
  );
  const brokers = pipeline.stack.KAFKA_BROKERS.split(',');
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const topic = `${pipeline.prefix}enriched-records`;
  const connection = {
    topicPrefix: pipeline.prefix,
    kafka: { brokers, sessionTimeoutMs: 6_000 },
    registry: { url: pipeline.stack.SCHEMA_REGISTRY_URL },
  };
  const occurrences: string[] = [];
  const complete = async () =>
    (await pipeline.query<{ order_no: string }>("SELECT order_no FROM {{db}}.orders WHERE status = 'COMPLETE'")).map(
      ({ order_no }) => order_no,
    );
  const push = async (order: Record<string, unknown>): Promise<string> => {
    const { orderNo } = await pipeline.simulator.createOrder({ records: RECORDS, ...order });
    for (const { position } of pipeline.simulator.truth(orderNo).occurrences)
      occurrences.push(`${orderNo}/${position}`);
    return orderNo;
  };
  const untilComplete = (orders: readonly string[]) =>
    vi.waitFor(async () => expect(await complete()).toEqual(expect.arrayContaining([...orders])), PATIENCE);
  const open = (options: Options) =>
    subscribe({
      topic: 'enriched-records',
      ...connection,
      clickhouse: { url: pipeline.stack.CLICKHOUSE_URL, database: pipeline.database },
      retry: { retries: 2, firstPauseMs: 1 },
      log: { warn() {}, error() {} },
      ...options,
    });

  const orders: string[] = [];
  for (const order of PLAN) orders.push(await push(order));
  await untilComplete(orders);
  const kept = opened.move();
  return {
    pipeline,
    kafka,
    topic,
    connection,
    occurrences,
    async sendOrder(order) {
      const orderNo = await push(order);
      await untilComplete([orderNo]);
      return orderNo;
    },
    open,
    async take(options, isLast) {
      const changes: Change[] = [];
      const closing = new AbortController();
      for await (const change of open({ ...options, signal: closing.signal })) {
        changes.push(change);
        if (isLast(changes)) closing.abort();
      }
      return changes;
    },
    messages: () => readTopic(pipeline.stack.KAFKA_BROKERS, topic),
    async committed(group) {
      const admin = kafka.admin();
      await admin.connect();
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const ends = await admin.fetchTopicOffsets(topic);
      await admin.disconnect();
      return offsets!.partitions.map(({ partition, offset }) => ({
        partition,
        offset,
        isAtEnd: ends.find((end) => end.partition === partition)?.high === offset,
      }));
    },
    async currentState(where = '1') {
      const rows = await pipeline.query<{ id: string; version: string }>(
        `SELECT id, toString(version) AS version FROM {{db}}.records WHERE ${where}`,
      );
      return rows.map(({ id, version }) => `${id}/${BigInt(version).toString(16).padStart(64, '0')}`).sort();
    },
    async publish(messages) {
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic, messages: [...messages] });
      await producer.disconnect();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export const hex = ({ version }: { version: Uint8Array }): string => Buffer.from(version).toString('hex');
/** As `currentState` names it. */
export const keyOf = (change: Change): string => `${change.record.id}/${hex(change)}`;
export const occurrenceOf = ({ record: { orderNo, position } }: EnrichedRecord): string => `${orderNo}/${position}`;
