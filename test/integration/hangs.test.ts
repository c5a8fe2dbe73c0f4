// @module-tag whole
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { orderEvent } from 'qcc-core/kafka/messages/order-event';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { type Fleet, type Instance, openFleet } from '../harness/instances.ts';
import { type LiveStack, openLiveStack } from '../harness/live-stack.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openTestBed, type TestBed } from '../harness/pipeline.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { produce } from './topic-reader.ts';

/** Parts whose processes are stopped by SIGSTOP: they keep their connections, and the system takes new ones for them. */
let stack: LiveStack;
let bed: TestBed;
let fleet: Fleet;
let sink: Instance;
const AT = Date.UTC(2026, 10, 24, 2);
/** The five seconds after which a hang is reported, and slack for a busy machine. */
const SOON_MS = 20_000;

beforeAll(async () => {
  stack = await openLiveStack(() => {}, ['kafka', 'clickhouse']);
  const { SCHEMA_REGISTRY_URL } = inject('stack');
  bed = await openTestBed({ stack: { ...stack.env, SCHEMA_REGISTRY_URL } });
  fleet = openFleet(bed);
  sink = await fleet.start('sink');
  await sink.ready();
});
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  stack?.thaw('kafka');
  stack?.thaw('clickhouse');
  await bed?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

const events = async (count: number) => {
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const codec = await connectCodec(settings);
  const fact = { account: bed.account, orderNo: 'DD1', revision: 0, stage: 'RECEIVED', source: 'callback' } as const;
  const at = (index: number) => AT + index;
  await produce(
    kafka,
    bed.prefix,
    Array.from({ length: count }, (_, index) => orderEvent(codec, { ...fact, at: at(index) })),
  );
};
const soon = async (holds: () => Promise<void>) => {
  const startedAt = performance.now();
  await vi.waitFor(holds, { timeout: SOON_MS, interval: 100 });
  return performance.now() - startedAt;
};
const timed = async (...args: string[]) => {
  const startedAt = performance.now();
  const result = await runQcc(bed.env, args);
  expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
  return result;
};

test('the sink shows the time of the last order, by its first callback', async () => {
  await events(3);
  await vi.waitFor(
    async () => expect(await sink.metric('qcc_last_order_timestamp_seconds')).toBe(AT / 1_000),
    PATIENCE,
  );
});

test('a ClickHouse that hangs is named by the sink and by the tool, and the lag of the sink shows; then all is well again', async () => {
  const silent = `ClickHouse at ${stack.env.CLICKHOUSE_URL} does not answer within 5 s`;
  stack.freeze('clickhouse');
  await soon(async () => expect(await sink.problems()).toContain(silent));
  await events(5);
  const [ledger, doctor] = await Promise.all([timed('ledger'), timed('doctor')]);
  expect(ledger).toMatchObject({ exitCode: 1, err: expect.stringContaining(silent) });
  expect(doctor.out).toContain(`FAIL  ClickHouse: ${silent}`);
  expect(doctor.out).toMatch(/^ok {4}Kafka/m);
  await vi.waitFor(
    async () => expect(await sink.metric('qcc_consumer_lag', { topic: 'order-events' })).toBeGreaterThanOrEqual(5),
    PATIENCE,
  );
  stack.thaw('clickhouse');
  await vi.waitFor(async () => expect(await sink.problems()).toBe(''), PATIENCE);
  await vi.waitFor(
    async () => expect(await sink.metric('qcc_consumer_lag', { topic: 'order-events' })).toBe(0),
    PATIENCE,
  );
  expect((await timed('ledger')).out).toContain('DD1');
});

test('a Kafka that hangs is named by the sink and by the tool, and then all is well again', async () => {
  const silent = `Kafka at ${stack.env.KAFKA_BROKERS} does not answer within 5 s`;
  stack.freeze('kafka');
  await soon(async () => expect(await sink.problems()).toContain(silent));
  const [offsets, doctor] = await Promise.all([timed('offsets'), timed('doctor')]);
  expect(offsets).toMatchObject({ exitCode: 1, err: expect.stringContaining(silent) });
  expect(doctor.out).toContain(`FAIL  Kafka: ${silent}`);
  expect(doctor.out).toMatch(/^ok {4}ClickHouse/m);
  stack.thaw('kafka');
  await vi.waitFor(async () => expect(await sink.problems()).toBe(''), PATIENCE);
  // The controller fences a broker that was silent for 9 s: its partitions have no leader until it takes part again.
  await vi.waitFor(async () => expect(await timed('offsets')).toMatchObject({ exitCode: 0, err: '' }), PATIENCE);
});
