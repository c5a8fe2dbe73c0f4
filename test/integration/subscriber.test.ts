import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { Registry } from 'prom-client';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { HandlerError } from '../../packages/qcc-subscriber/src/errors.ts';
import type { Change, DeadLetter, SubscribeOptions } from '../../packages/qcc-subscriber/src/options.ts';
import { memoryStore } from '../../packages/qcc-subscriber/src/store/version-store.ts';
import { subscribe } from '../../packages/qcc-subscriber/src/subscribe.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { runQcc } from '../harness/run-qcc.ts';

/** The typed client on the real parts, fed by the real pipeline, and compared with the simulator's truth and with ClickHouse. */
const RECORDS = 300;
const PLAN = [
  { pushDate: '2026-03-16 09:10:00' },
  { pushDate: '2026-03-16 11:10:00', repeat: 60 },
  { pushDate: '2026-03-16 13:10:00', repeat: 60, repeatWithin: 5, types: ['2', '10', '11', '4'] },
];
const COMPLETE = "SELECT count() AS n FROM {{db}}.orders WHERE status = 'COMPLETE'";

let pipeline: Pipeline;
let kafka: Kafka;
let topic: string;
/** `orderNo/position` of everything that QCC delivered. */
const occurrences: string[] = [];

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'subscriber', faults: { processingShare: 0.3, processingAsks: 1 } },
    env: { DETAIL_WAIT_MS: '300', DETAIL_RATE_PER_SECOND: '1000' },
  });
  for (const request of PLAN) {
    const { orderNo } = await pipeline.simulator.createOrder({ records: RECORDS, ...request });
    for (const { position } of pipeline.simulator.truth(orderNo).occurrences)
      occurrences.push(`${orderNo}/${position}`);
  }
  await vi.waitFor(async () => expect(await pipeline.query(COMPLETE)).toEqual([{ n: PLAN.length }]), PATIENCE);
  kafka = new Kafka({ brokers: pipeline.stack.KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
  topic = `${pipeline.prefix}enriched-records`;
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

type Options = Partial<SubscribeOptions<'enriched-records'>> & Pick<SubscribeOptions, 'group' | 'from'>;

const connection = () => ({
  topicPrefix: pipeline.prefix,
  kafka: { brokers: pipeline.stack.KAFKA_BROKERS.split(','), sessionTimeoutMs: 6_000 },
  registry: { url: pipeline.stack.SCHEMA_REGISTRY_URL },
});
const open = (options: Options) =>
  subscribe({
    topic: 'enriched-records',
    ...connection(),
    clickhouse: { url: pipeline.stack.CLICKHOUSE_URL, database: pipeline.database },
    retry: { retries: 2, firstPauseMs: 1 },
    log: { warn() {}, error() {} },
    ...options,
  });

const occurrenceOf = ({ record: { orderNo, position } }: EnrichedRecord) => `${orderNo}/${position}`;
const hex = ({ version }: { version: Uint8Array }) => Buffer.from(version).toString('hex');
const keyOf = ({ record: { id }, ...change }: Change) => `${id}/${hex(change)}`;

/** Takes changes until one makes the condition hold. */
async function take(options: Options, isLast: (changes: readonly Change[]) => boolean): Promise<Change[]> {
  const changes: Change[] = [];
  const closing = new AbortController();
  for await (const change of open({ ...options, signal: closing.signal })) {
    changes.push(change);
    if (isLast(changes)) closing.abort();
  }
  return changes;
}

const messagesOnTopic = async () => (await readTopic(pipeline.stack.KAFKA_BROKERS, topic)).length;
const committed = async (group: string) => {
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
};
const currentState = async (where = '1') => {
  const rows = await pipeline.query<{ id: string; version: string }>(
    `SELECT id, toString(version) AS version FROM {{db}}.records WHERE ${where}`,
  );
  return rows.map(({ id, version }) => `${id}/${BigInt(version).toString(16).padStart(64, '0')}`).sort();
};

describe('from earliest', () => {
  test('every occurrence that QCC delivered comes, each with one settled version and at most one pending one before it', async () => {
    const total = await messagesOnTopic();
    const changes = await take({ group: 'all', from: 'earliest' }, ({ length }) => length === total);
    const byOccurrence = Map.groupBy(changes, occurrenceOf);
    expect([...byOccurrence.keys()].sort()).toEqual(occurrences.toSorted());
    for (const versions of byOccurrence.values()) {
      expect(versions.map(({ detailStatus }) => detailStatus === 'PENDING')).toEqual(
        versions.length === 1 ? [false] : [true, false],
      );
    }
    expect(changes.length).toBeGreaterThan(occurrences.length);
    expect(new Set(changes.map(keyOf)).size).toBe(changes.length);
    const newest = new Map(
      changes.filter(({ delivery }) => delivery.isNewest).map((change) => [change.record.id, change]),
    );
    expect([...newest.values()].map(keyOf).sort()).toEqual(await currentState());
  });

  test('records gives each occurrence once', async () => {
    const changes = new Set<string>();
    const closing = new AbortController();
    const records = subscribe({
      ...connection(),
      topic: 'records',
      group: 'early',
      from: 'earliest',
      signal: closing.signal,
    });
    for await (const { record } of records) {
      changes.add(`${record.orderNo}/${record.position}`);
      if (changes.size === occurrences.length) closing.abort();
    }
    expect([...changes].sort()).toEqual(occurrences.toSorted());
  });
});

describe('from history', () => {
  test('the current state comes from ClickHouse, field by field as it was on the topic', async () => {
    const state = await currentState();
    const changes = await take({ group: 'state', from: 'history' }, ({ length }) => length === state.length);
    expect(changes.map(keyOf).sort()).toEqual(state);
    expect(new Set(changes.map(({ delivery }) => delivery.from))).toEqual(new Set(['history']));

    const total = await messagesOnTopic();
    const published = await take({ group: 'compare', from: 'earliest' }, ({ length }) => length === total);
    const byKey = new Map(published.map((change) => [keyOf(change), change]));
    expect(changes.filter(({ detailStatus }) => detailStatus === 'ENRICHED').length).toBeGreaterThan(20);
    for (const change of changes) {
      const message = byKey.get(keyOf(change))!;
      const { partition, offset, timestamp } = message.delivery;
      expect(change.delivery).toMatchObject({ partition, offset, timestamp, isNewest: true });
      expect(plain(change)).toEqual(plain(message));
    }
  });

  test('a group that has its state goes on behind it, and its lag ends at 0', async () => {
    const metrics = new Registry();
    const closing = new AbortController();
    const store = memoryStore();
    const seen: Change[] = [];
    const state = await currentState();
    const running = open({ group: 'goes-on', from: 'history', store, metrics, signal: closing.signal }).run(
      (change) => {
        seen.push(change);
      },
    );
    await vi.waitFor(() => expect(seen.length).toBe(state.length), PATIENCE);
    const { orderNo } = await pipeline.simulator.createOrder({
      records: 50,
      pushDate: '2026-03-17 09:10:00',
      repeat: 10,
    });
    for (const { position } of pipeline.simulator.truth(orderNo).occurrences)
      occurrences.push(`${orderNo}/${position}`);
    await vi.waitFor(async () => expect(await pipeline.query(COMPLETE)).toEqual([{ n: PLAN.length + 1 }]), PATIENCE);
    await vi.waitFor(async () => {
      const newest = new Map(seen.map((change) => [change.record.id, keyOf(change)]));
      expect([...newest.values()].sort()).toEqual(await currentState());
    }, PATIENCE);
    await vi.waitFor(async () => {
      const lag = await metrics.getSingleMetric('qcc_subscriber_lag_messages')?.get();
      expect(lag?.values).toEqual([{ value: 0, labels: { topic: 'enriched-records', group: 'goes-on' } }]);
    }, PATIENCE);
    closing.abort();
    await running;
    expect((await committed('goes-on')).filter(({ isAtEnd }) => !isAtEnd)).toEqual([]);
    expect(seen.filter(({ record }) => record.orderNo === orderNo).map(({ delivery }) => delivery.from)).toContain(
      'topic',
    );
    const text = await metrics.metrics();
    expect(text).toMatch(
      /qcc_subscriber_changes_total{topic="enriched-records",group="goes-on",from="history",outcome="handled"} \d/,
    );
  });

  test('filters leave out all others, also those that are no customers of a portfolio', async () => {
    const [company] = await pipeline.query<{ corp_key_no: string; code: string; n: number }>(
      `SELECT corp_key_no, any(credit_code) AS code, count() AS n FROM {{db}}.records WHERE credit_code IS NOT NULL
       GROUP BY corp_key_no ORDER BY n DESC, corp_key_no LIMIT 1`,
    );
    const file = join(pipeline.folder, 'customers.csv');
    await writeFile(file, `企业名称,信用代码\n某客户,${company!.code}\n从未出现的公司,\n`);
    expect(await runQcc(pipeline.env, ['portfolio', 'load', file])).toMatchObject({ exitCode: 0, err: '' });
    const cases = [
      { name: 'portfolio', filter: { portfolios: ['default'] }, where: `credit_code = '${company!.code}'` },
      {
        name: 'company',
        filter: { companies: [company!.corp_key_no] },
        where: `corp_key_no = '${company!.corp_key_no}'`,
      },
      {
        name: 'kind',
        filter: { types: ['2', '4'], categories: ['1', '2'] },
        where: "type IN ('2', '4') AND category IN ('1', '2')",
      },
    ];
    for (const { name, filter, where } of cases) {
      const state = await currentState(where);
      expect(state.length).toBeGreaterThan(0);
      const changes = await take(
        { group: `filter-${name}`, from: 'history', filter },
        ({ length }) => length === state.length,
      );
      expect([name, changes.map(keyOf).sort()]).toEqual([name, state]);
      if (name === 'portfolio') {
        expect(changes[0]?.delivery.portfolios).toEqual([
          { portfolio: 'default', member: company!.code, matchedBy: 'CREDIT_CODE', hasOtherCreditCode: false },
        ]);
      }
    }
  });

  test('a ClickHouse without the view ends the subscription with a remedy', async () => {
    const clickhouse = { url: pipeline.stack.CLICKHOUSE_URL, database: 'nowhere' };
    await expect(take({ group: 'nowhere', from: 'history', clickhouse }, () => true)).rejects.toThrow(
      /nowhere\.records cannot be read: .*qcc_investigator/s,
    );
    expect((await committed('nowhere')).map(({ offset }) => offset)).toEqual(Array(6).fill('-1'));
  });
});

describe('handlers', () => {
  test('one that fails goes to the dead-letter hook after its retries, and the others are handled', async () => {
    const total = await messagesOnTopic();
    const letters: DeadLetter[] = [];
    let calls = 0;
    let bad: string | undefined;
    const handled: string[] = [];
    const closing = new AbortController();
    const done = () => {
      if (handled.length + letters.length === total) closing.abort();
    };
    await open({
      group: 'letters',
      from: 'earliest',
      signal: closing.signal,
      onDeadLetter(letter) {
        letters.push(letter);
        done();
      },
    }).run((change) => {
      bad ??= keyOf(change);
      if (keyOf(change) === bad) {
        calls += 1;
        throw new TypeError('it cannot be handled');
      }
      handled.push(keyOf(change));
      done();
    });
    expect(calls).toBe(3);
    expect(letters).toEqual([expect.objectContaining({ kind: 'handler', attempts: 3, error: expect.any(TypeError) })]);
    expect(handled.length).toBe(total - 1);
    expect((await committed('letters')).filter(({ isAtEnd }) => !isAtEnd)).toEqual([]);
  });

  test('without a hook the subscription ends, and the change comes again', async () => {
    const handled: string[] = [];
    const running = open({ group: 'no-hook', from: 'earliest', retry: { retries: 0 } }).run((change) => {
      if (handled.length === 20) throw new Error('it cannot be handled');
      handled.push(keyOf(change));
    });
    await expect(running).rejects.toBeInstanceOf(HandlerError);
    const total = await messagesOnTopic();
    const rest = await take({ group: 'no-hook', from: 'earliest' }, ({ length }) => length === total - 20);
    expect(new Set([...handled, ...rest.map(keyOf)]).size).toBe(total);
  });

  test('a graceful end commits: the next subscription of the group begins with the next change', async () => {
    const total = await messagesOnTopic();
    const first = await take({ group: 'graceful', from: 'earliest' }, ({ length }) => length === 37);
    expect(first.length).toBe(37);
    const rest = await take({ group: 'graceful', from: 'earliest' }, ({ length }) => length === total - 37);
    expect(new Set([...first, ...rest].map(keyOf)).size).toBe(total);
  });

  test('a loop that is left with break gets its last change again, and no other', async () => {
    const first: string[] = [];
    for await (const change of open({ group: 'break', from: 'earliest' })) {
      first.push(keyOf(change));
      if (first.length === 10) break;
    }
    const [again] = await take({ group: 'break', from: 'earliest' }, () => true);
    // kafkajs may begin with another partition, but none of those that were handled comes.
    expect(first.slice(0, -1)).not.toContain(keyOf(again!));
    const total = await messagesOnTopic();
    const rest = await take({ group: 'break', from: 'earliest' }, ({ length }) => length === total - 10);
    expect(new Set([...first, keyOf(again!), ...rest.map(keyOf)]).size).toBe(total);
  });
});

test('changes of aborted transactions are hidden, also of two that overlap', async () => {
  const [template] = await readTopic(pipeline.stack.KAFKA_BROKERS, topic);
  const producers = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      const producer = kafka.producer({
        transactionalId: `${pipeline.prefix}${name}`,
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await producer.connect();
      return producer;
    }),
  );
  const [a, b, c] = await Promise.all(producers.map((producer) => producer.transaction()));
  const send = (transaction: typeof a, marker: string) =>
    transaction!.send({ topic, messages: [{ key: template!.key, value: template!.value, headers: { marker } }] });
  await send(a, 'aborted');
  await send(b, 'aborted');
  await send(a, 'aborted');
  await b!.abort();
  await send(a, 'aborted');
  await a!.abort();
  await send(c, 'committed');
  await c!.commit();
  await Promise.all(producers.map((producer) => producer.disconnect()));

  const total = await messagesOnTopic();
  const changes = await take({ group: 'aborted', from: 'earliest' }, ({ length }) => length === total);
  expect(changes.flatMap(({ delivery }) => delivery.headers.marker ?? [])).toEqual(['committed']);
  // The same version again is not newer, and newest leaves it out.
  expect(changes.find(({ delivery }) => delivery.headers.marker)?.delivery.isNewest).toBe(false);
});

test('a message that is not Avro is a dead letter, and its partition goes on', async () => {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key: 'odd', value: 'not Avro', partition: 0 }] });
  await producer.disconnect();
  const letters: DeadLetter[] = [];
  const total = await messagesOnTopic();
  const changes: Change[] = [];
  const closing = new AbortController();
  await open({
    group: 'undecodable',
    from: 'earliest',
    signal: closing.signal,
    onDeadLetter(letter) {
      letters.push(letter);
      if (changes.length + letters.length === total) closing.abort();
    },
  }).run((change) => {
    changes.push(change);
    if (changes.length + letters.length === total) closing.abort();
  });
  expect(letters).toEqual([
    expect.objectContaining({ kind: 'undecodable', partition: 0, value: Buffer.from('not Avro') }),
  ]);
});

/** Without the way it came; ClickHouse keeps amounts as numbers, and lists of the view in one type of bytes. */
function plain({ delivery: _, ...change }: Change): unknown {
  const dishonestDebtors = change.dishonestDebtors.map(({ amount, ...row }) => ({
    ...row,
    amount: amount === null ? null : Number(amount),
  }));
  return JSON.parse(JSON.stringify({ ...change, dishonestDebtors, version: hex(change) }));
}
