import { publishDecision } from 'qcc-cli/commands/details';
import type { ChangeRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { breakerMessage } from 'qcc-core/kafka/messages/detail-gate';
import { partitionOf } from 'qcc-core/kafka/wire/outgoing';
import { changeRecord } from 'qcc-core/testing/change-record';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, it, vi } from 'vitest';
import { steadyPort } from '../../stack/ports.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openEnricherBed } from './enricher-bed.ts';
import { end, startEnricher } from './enricher-process.ts';
import { produce, readTopic } from './topic-reader.ts';

/** Each has separate topics and instances, and mostly waits for the rate of calls. */
const test = it.concurrent;
const PARTITIONS = TOPICS.records.partitions;

/** A company of each partition of `records`. */
const COMPANIES = Array.from({ length: PARTITIONS }, (_, partition) => {
  for (let number = 0; ; number++) {
    if (partitionOf(TOPICS.records, `corp-${number}`) === partition) return `corp-${number}`;
  }
});

/** Changes that need a call each, evenly over the partitions and over the categories given. */
const changes = (orderNo: string, count: number, categories: (string | null)[] = ['2']): ChangeRecord[] =>
  Array.from({ length: count }, (_, position) =>
    changeRecord({
      id: `${orderNo}-${position}`,
      corpKeyNo: COMPANIES[position % PARTITIONS]!,
      category: categories[Math.floor(position / PARTITIONS) % categories.length]!,
      checkId: `${orderNo}-${position}`,
      orderNo,
      position,
    }),
  );

/** Topics of its own, a QCC whose responses `answer` gives, and the instances that `start` starts, all ended at the end. */
async function setUp(answer: (checkId: string, call: number) => object, given: Record<string, string>) {
  await using opened = new AsyncDisposableStack();
  const { prefix, kafkaEnv, kafka, codec, env, send } = await openEnricherBed('details');
  const asked: string[] = [];
  const server = opened.use(
    await startLoopbackServer((request, response) => {
      const checkId = new URL(request.url ?? '', 'http://localhost').searchParams.get('checkId') ?? '';
      asked.push(checkId);
      response.end(JSON.stringify(answer(checkId, asked.length)));
    }),
  );
  const versions = opened.use(await readTopic(kafka, prefix, TOPICS.enrichedRecords));
  const spend = opened.use(await readTopic(kafka, prefix, TOPICS.detailSpend));
  const instances = opened.use(new AsyncDisposableStack());
  const start = async () => {
    const adminPort = await steadyPort();
    const enricher = startEnricher({
      ...env(server.url),
      ADMIN_PORT: String(adminPort),
      DETAIL_CONCURRENCY: '1',
      DETAIL_CACHE_ENTRIES: '0',
      ...given,
    });
    instances.defer(async () => void (await end(enricher, 'SIGKILL')));
    return { enricher, adminPort };
  };
  type Started = Awaited<ReturnType<typeof start>>;
  /** The newest status and reason of each change of an order. */
  const statuses = async (orderNo: string): Promise<string[]> => {
    const all = await Promise.all(versions.messages.map(({ value }) => codec.decode('enriched-records', value!)));
    const newest = new Map(
      all
        .filter(({ record }) => record.orderNo === orderNo)
        .map(({ record, detailStatus, detailReason }) => [
          record.position,
          [detailStatus, detailReason].filter(Boolean).join(' '),
        ]),
    );
    return [...newest.values()];
  };
  const kept = opened.move();
  return {
    kafkaEnv,
    asked,
    start,
    send,
    open: () =>
      produce(kafka, prefix, [
        breakerMessage(codec, { account: 'main', state: 'OPEN', since: Date.now(), by: 'test' }),
      ]),
    untilStatuses: (orderNo: string, count: number, expected: RegExp) =>
      vi.waitFor(async () => {
        const matching = (await statuses(orderNo)).filter((status) => expected.test(status));
        expect(matching).toHaveLength(count);
      }, PATIENCE),
    /** Each of them knows that the circuit breaker is tripped; from then on it begins no call. */
    untilAllKnow: (started: readonly Started[]) =>
      vi.waitFor(async () => {
        for (const { adminPort } of started) {
          const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
          expect(metrics).toMatch(/^qcc_detail_gate_closed\{.*reason="GATE_CLOSED".*\} 1$/m);
        }
      }, PATIENCE),
    /** Every partition is somebody's, and so many instances share them. */
    untilShared: async (instances: number) => {
      const admin = kafka.admin();
      await admin.connect();
      await using _ = { [Symbol.asyncDispose]: () => admin.disconnect() };
      await vi.waitFor(async () => {
        const { groups } = await admin.describeGroups([`${prefix}qcc.detail-enricher`]);
        expect([groups[0]?.state, groups[0]?.members.length]).toEqual(['Stable', instances]);
      }, PATIENCE);
    },
    /** The newest counts on `detail-spend`, by code, of each day: Shanghai's midnight may fall into a test. */
    spent: async () => {
      await spend.toEnd();
      const newest = new Map(spend.messages.map(({ key, value }) => [String(key), value]));
      const entries = await Promise.all(
        [...newest.values()].flatMap((value) => (value ? [codec.decode('detail-spend', value)] : [])),
      );
      return [...Map.groupBy(entries, ({ day }) => day).values()].map((ofDay) => {
        const codes: Record<string, number> = {};
        for (const { code, count } of ofDay.flatMap(({ calls }) => calls)) codes[code] = (codes[code] ?? 0) + count;
        return codes;
      });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
/** For QUOTA_OPENS_AT: no test lasts so long. */
const inTwelveHours = (): string =>
  new Date(Date.now() + 12 * 3_600_000).toLocaleTimeString('en-GB', {
    timeZone: 'Asia/Shanghai',
    hour: '2-digit',
    minute: '2-digit',
  });
const RESPONSE = { status: '200', resultList: [{ addReason: '通过登记的住所无法联系' }] };

test('once one instance is told of the daily limit none starts a call, through a restart, until it opens; then the highest risk goes first', {
  tags: 'whole',
}, async () => {
  const LIMIT_AT = 6;
  await using enrichers = await setUp((_, call) => (call === LIMIT_AT ? { status: '116' } : RESPONSE), {
    DETAIL_DAILY_BUDGET: '1000000',
    DETAIL_RATE_PER_SECOND: '4',
    QUOTA_OPENS_AT: inTwelveHours(),
  });
  const { asked, send, start, untilStatuses } = enrichers;
  const both = await Promise.all([start(), start()]);
  await enrichers.untilShared(2);

  await send(changes('A', 48, ['3', '2', '1', null]));
  await enrichers.untilAllKnow(both);
  const whenKnown = asked.length;
  await untilStatuses('A', 48, /./);
  await send(changes('B', 12, ['3', '1']));
  await untilStatuses('B', 12, /^PENDING GATE_CLOSED$/);
  await Promise.all(both.map(({ enricher }) => end(enricher, 'SIGKILL')));
  // What the other instance had under way when word came.
  const atClosing = asked.length;
  expect(atClosing).toBeLessThanOrEqual(whenKnown + 1);

  await start();
  await send(changes('C', 12, ['2', '9']));
  await untilStatuses('C', 12, /^PENDING GATE_CLOSED$/);
  expect(asked).toHaveLength(atClosing);

  await enrichers.open();
  await Promise.all(
    Object.entries({ A: 48, B: 12, C: 12 }).map(([order, count]) => untilStatuses(order, count, /^ENRICHED$/)),
  );
  const category = new Map(
    [...changes('A', 48, ['3', '2', '1', null]), ...changes('B', 12, ['3', '1']), ...changes('C', 12, ['2', '9'])].map(
      (record) => [record.checkId, { 2: 2, 3: 3 }[record.category ?? ''] ?? 1],
    ),
  );
  const afterwards = asked.slice(atClosing).map((checkId) => category.get(checkId));
  expect(afterwards).toEqual(afterwards.toSorted());
  expect(new Set(afterwards)).toEqual(new Set([1, 2, 3]));
});

test('a stop code stops the calls of every instance and keeps everything pending', { tags: 'whole' }, async () => {
  await using enrichers = await setUp((_, call) => (call === 1 ? { status: '101' } : RESPONSE), {
    DETAIL_DAILY_BUDGET: '1000000',
    DETAIL_RATE_PER_SECOND: '4',
  });
  const { asked, send, start, untilStatuses } = enrichers;
  const both = await Promise.all([start(), start()]);
  await enrichers.untilShared(2);
  await send(changes('A', 12));
  await enrichers.untilAllKnow(both);
  const whenKnown = asked.length;
  await untilStatuses('A', 12, /^PENDING (QCC_101|GATE_CLOSED|WAIT_EXCEEDED)$|^ENRICHED$/);
  await send(changes('B', 12));
  await untilStatuses('B', 12, /^PENDING GATE_CLOSED$/);
  // What the other instance had under way when word came.
  expect(asked.length).toBeLessThanOrEqual(whenKnown + 1);
  expect(asked.filter((checkId) => checkId.startsWith('B'))).toEqual([]);
  // A person has seen to it, and does not wait for the next probe.
  expect(await publishDecision({ env: enrichers.kafkaEnv, watch: () => {} }, 'PROBE')).toBe('main');
  await untilStatuses('A', 12, /^ENRICHED$/);
  await untilStatuses('B', 12, /^ENRICHED$/);
});

test('a daily budget is never exceeded, through a crash and two instances, and everything else goes on as pending', {
  tags: 'whole',
}, async () => {
  const BUDGET = 15;
  await using enrichers = await setUp(() => RESPONSE, {
    DETAIL_DAILY_BUDGET: String(BUDGET),
    DETAIL_RATE_PER_SECOND: '6',
  });
  const { asked, send, start, untilStatuses } = enrichers;
  const totals = async () => (await enrichers.spent()).map((codes) => sum(Object.values(codes)));
  const killed = await start();
  await send(changes('A', 60));
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(4), PATIENCE);
  await end(killed.enricher, 'SIGKILL');
  const both = await Promise.all([start(), start()]);
  await untilStatuses('A', 60, /^ENRICHED$|^PENDING/);
  await vi.waitFor(async () => expect(Math.max(...(await totals()))).toBe(BUDGET), PATIENCE);
  await Promise.all(both.map(({ enricher }) => end(enricher, 'SIGTERM')));
  await start();
  await send(changes('B', 12));
  await untilStatuses('B', 12, /^PENDING BUDGET_SPENT$|^ENRICHED$/);

  const days = await enrichers.spent();
  for (const { QCC_200: answered = 0, ANSWER_LOST: lost = 0, ...others } of days) {
    expect(others).toEqual({});
    expect(answered + lost).toBeLessThanOrEqual(BUDGET);
  }
  const answered = sum(days.map(({ QCC_200: count = 0 }) => count));
  expect(asked.length).toBeGreaterThanOrEqual(answered);
  expect(asked.length).toBeLessThanOrEqual(BUDGET * days.length);
});

test('without a budget set, nothing is spent until a person agrees', async () => {
  await using enrichers = await setUp(() => RESPONSE, {});
  const { asked, send, start, untilStatuses } = enrichers;
  await start();
  await send(changes('A', 12));
  await untilStatuses('A', 12, /^PENDING NOT_CONFIRMED$/);
  expect(asked).toEqual([]);
  expect(await publishDecision({ env: enrichers.kafkaEnv, watch: () => {} }, 'CONSENT')).toBe('main');
  await untilStatuses('A', 12, /^ENRICHED$/);
  expect(asked).toHaveLength(12);
  await vi.waitFor(
    async () => expect(sum((await enrichers.spent()).map((day) => day.QCC_200 ?? 0))).toBe(12),
    PATIENCE,
  );
});
