import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMetrics } from 'qcc-core/base/metrics';
import { recordSpans } from 'qcc-core/base/tracing/testing/record-spans';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { changeRecord } from 'qcc-core/testing/change-record';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { packedDetails, passThroughRecord } from 'qcc-details/testing/details';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PendingEntry } from '../enrich/decision.ts';
import { bareCodec } from '../testing/bare-codec.ts';
import { createTestLane, type Sent } from '../testing/lane.ts';
import { createPendingTopic } from '../testing/pending-topic.ts';
import { pendingEntry } from '../testing/records.ts';
import { createDetailResolver, type DetailResolver, type DetailResolverDeps } from './detail-resolver.ts';
import type { DetailSource } from './detail-source.ts';
import { type DetailTask, toDetailTask } from './detail-task.ts';
import { createEntryCache } from './entry-pages.ts';
import { createLookupQueue } from './lookup-queue.ts';
import { createOddResponses } from './odd-responses.ts';
import { createRefusalProgress } from './refusal-progress.ts';

type Outcome = Awaited<ReturnType<DetailSource['lookUp']>>;

const NOW = 1_700_000_000_000;
const WAIT_MS = 2_000;
const LINGER_MS = 10;
const SUCCESS: Outcome = { kind: 'success', value: packedDetails(), fetchedAt: NOW };
const failure = (kind: 'later' | 'never' | 'unknown' | 'pause', reason: string): Outcome => ({
  kind,
  code: null,
  reason,
  message: '',
});
const LATER = failure('later', 'QCC_205');

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

/** After a collection. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

type Given = {
  cacheBytes?: number;
  refusalProgress?: DetailResolverDeps['refusalProgress'];
  isRefused?: (sent: readonly Sent[]) => boolean;
};

/** A detail resolver whose lookups end as listed per 校验ID, the last one again and again. */
function setUp(script: Record<string, (Outcome | Error)[]> = {}, laneCount = 1, codec = bareCodec, given: Given = {}) {
  const topic = createPendingTopic();
  const { lane, committed, breakNext, close } = createTestLane(given.isRefused, topic);
  const asked: { checkId: string; afterMs: number }[] = [];
  const breaker = { limit: Number.POSITIVE_INFINITY, unblock: () => {} };
  const outcomes = new Map(Object.entries(script));
  const metrics = createMetrics({ service: 'detail-enricher', account: 'main' });
  const deps: DetailResolverDeps = {
    endpoints: DETAIL_ENDPOINTS,
    source: {
      async lookUp({ checkId }) {
        asked.push({ checkId, afterMs: Date.now() - NOW });
        const left = outcomes.get(checkId) ?? [SUCCESS];
        const outcome = left.length > 1 ? left.shift() : left[0];
        if (outcome instanceof Error) throw outcome;
        if (outcome!.kind === 'pause') breaker.limit = 0;
        return outcome!;
      },
    },
    prefix: 'qcc.',
    oddResponses: createOddResponses({ limit: 1, health: { set() {} } }),
    queue: createLookupQueue({
      calls: {
        limit: () => breaker.limit,
        onUnblocked(listener) {
          breaker.unblock = listener;
        },
      },
      concurrency: 1,
      signal: new AbortController().signal,
    }),
    refusalProgress: given.refusalProgress ?? createRefusalProgress(),
    calls: { blockedBy: () => (breaker.limit === 0 ? 'GATE_CLOSED' : null) },
    codec,
    cache: createEntryCache(given.cacheBytes ?? 1_000_000),
    readPage: topic.readPage,
    waitMs: WAIT_MS,
    longestPauseMs: 300_000,
    now: Date.now,
    random: () => 0,
    log: { warn() {}, error() {} },
    metrics,
  };
  const found = new Map<string, DetailTask>();
  const lanes = Array.from({ length: laneCount }, (_, at) =>
    createDetailResolver(deps, lane, at === 0 ? found : undefined),
  );
  const resolver = lanes[0]!;
  /** As the step of the worker does, which has the whole entry at hand. */
  const deliver = (to: DetailResolver, whole: PendingEntry) =>
    to.take([toDetailTask(deps, whole, topic.add(whole))], [whole]);
  /** As after a restart, which has read them into a map. To be called first. */
  const find = (entries: readonly PendingEntry[]) => {
    const tasks = entries.map((entry) => toDetailTask(deps, entry, topic.add(entry)));
    for (const one of tasks) found.set(one.key, one);
    resolver.take(found.values());
  };
  const take = (checkId: string, given: Partial<PendingEntry> = {}, position = 0) => {
    const record = passThroughRecord({ checkId, position, category: '2', ...given.record });
    deliver(resolver, pendingEntry({ admittedAt: NOW, nextAttemptAt: NOW, ...given, record }));
  };
  const unblock = () => {
    breaker.limit = Number.POSITIVE_INFINITY;
    breaker.unblock();
  };
  const versions = () =>
    committed
      .flat()
      .filter(({ topic }) => topic === 'enriched-records')
      .map(({ value }) => value as EnrichedRecord)
      .map(({ detailStatus, detailReason }) => (detailReason ? `${detailStatus} ${detailReason}` : detailStatus));
  const waiting = async () => (await metrics.pendingDetails.get()).values[0]?.value ?? 0;
  return {
    lane,
    lanes,
    committed,
    breakNext,
    close,
    asked,
    breaker,
    unblock,
    take,
    deliver,
    find,
    topic,
    versions,
    waiting,
  };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const topics = (sent: Sent[] | undefined) =>
  sent?.map(({ topic, value }) => (value === null ? `${topic} ends` : topic));

test('a response is published at once, with the end of its entry and the fact, in one transaction', async () => {
  const { committed, take, versions, waiting } = setUp();
  take('a');
  await pass(LINGER_MS);
  expect(versions()).toEqual(['ENRICHED']);
  expect(committed.map(topics)).toEqual([['enriched-records', 'pending-details ends', 'order-events']]);
  expect(await waiting()).toBe(0);
  await pass(WAIT_MS * 10);
  expect(committed).toHaveLength(1);
});

test('205 is asked again after a pause, and what comes then in time is the only version', async () => {
  const { asked, take, versions, waiting } = setUp({ a: [LATER, SUCCESS] });
  take('a');
  await pass(WAIT_MS / 4);
  expect(await waiting()).toBe(1);
  await pass(WAIT_MS);
  expect(asked.map(({ afterMs }) => afterMs)).toEqual([0, 1_000]);
  expect(versions()).toEqual(['ENRICHED']);
});

test('what is not settled in time goes on as pending, once, and comes again settled', async () => {
  const { committed, asked, take, versions } = setUp({ a: [LATER, LATER, LATER, SUCCESS] });
  take('a');
  await pass(WAIT_MS - 1);
  expect(versions()).toEqual([]);
  await pass(1 + LINGER_MS);
  expect(versions()).toEqual(['PENDING QCC_205']);
  expect(topics(committed[0])).toEqual(['enriched-records', 'pending-details', 'order-events']);
  expect(committed[0]![1]!.value).toMatchObject({ published: true, attempts: 2, nextAttemptAt: NOW + 3_000 });
  await pass(60_000);
  expect(versions()).toEqual(['PENDING QCC_205', 'ENRICHED']);
  expect(asked.map(({ afterMs }) => afterMs)).toEqual([0, 1_000, 3_000, 7_000]);
});

test('a settled version that is ready before the pending one was sent makes that needless', async () => {
  const { take, versions } = setUp({ a: [LATER, SUCCESS] });
  take('a', { admittedAt: NOW - WAIT_MS + 995 });
  await pass(1_100);
  expect(versions()).toEqual(['ENRICHED']);
});

test('a change that comes twice while it waits is published as one', async () => {
  const { breaker, unblock, take, versions, waiting } = setUp();
  breaker.limit = 0;
  take('a');
  take('a');
  expect(await waiting()).toBe(1);
  await pass(WAIT_MS + LINGER_MS);
  unblock();
  await pass(LINGER_MS);
  expect(versions()).toEqual(['PENDING GATE_CLOSED', 'ENRICHED']);
});

test('what QCC will never answer is settled as failed', async () => {
  const { take, versions } = setUp({ a: [failure('never', 'QCC_208')] });
  take('a');
  await pass(LINGER_MS);
  expect(versions()).toEqual(['FAILED QCC_208']);
});

test('five responses in a row that nothing explains are enough, and the last one stands in a dead letter', async () => {
  const { asked, committed, take, versions } = setUp({ a: [failure('unknown', 'NOT_JSON')] });
  take('a');
  await pass(600_000);
  expect(asked).toHaveLength(5);
  expect(versions()).toEqual(['PENDING NOT_JSON', 'FAILED NOT_JSON']);
  expect(topics(committed[1])).toEqual(['enriched-records', 'pending-details ends', 'dead-letters', 'order-events']);
  expect(committed[1]![2]!.value).toMatchObject({
    'qcc.dlq.stage': 'detail-enricher',
    'qcc.dlq.reason': 'DETAIL_ANSWER_UNKNOWN',
    'qcc.dlq.position': '0',
  });
});

test('where all responses are such, no more records are given up until one is understood', async () => {
  const odd = failure('unknown', 'NOT_JSON');
  const { take, versions } = setUp({ a: [odd], b: [...Array<Outcome>(7).fill(odd), SUCCESS] });
  take('a', {}, 0);
  take('b', {}, 1);
  await pass(600_000);
  expect(versions().filter((version) => !version.startsWith('PENDING'))).toEqual(['FAILED NOT_JSON', 'ENRICHED']);
});

test('responses that nothing explains do not add up over others', async () => {
  const unknown = failure('unknown', 'NOT_JSON');
  const { take, versions } = setUp({ a: [unknown, unknown, unknown, unknown, LATER, unknown, SUCCESS] });
  take('a');
  await pass(600_000);
  expect(versions().at(-1)).toBe('ENRICHED');
});

test('an error of our own is tried again', async () => {
  const { take, versions } = setUp({ a: [new Error('a bug'), SUCCESS] });
  take('a');
  await pass(WAIT_MS);
  expect(versions()).toEqual(['ENRICHED']);
});

describe('while the circuit breaker blocks calls', () => {
  test('no lookup begins, the change goes on as pending, and is settled when it opens, the most urgent first', async () => {
    const { asked, unblock, take, versions } = setUp({ first: [failure('pause', 'QCC_109'), SUCCESS] });
    take('first');
    await pass(0);
    take('low', { record: passThroughRecord({ checkId: 'low', category: '3', position: 1 }) });
    take('high', { record: passThroughRecord({ checkId: 'high', category: '1', position: 2 }) });
    await pass(3_600_000);
    expect(asked.map(({ checkId }) => checkId)).toEqual(['first']);
    expect(versions()).toEqual(['PENDING QCC_109', 'PENDING GATE_CLOSED', 'PENDING GATE_CLOSED']);
    unblock();
    await pass(LINGER_MS);
    expect(asked.map(({ checkId }) => checkId)).toEqual(['first', 'high', 'first', 'low']);
    expect(versions().slice(3)).toEqual(['ENRICHED', 'ENRICHED', 'ENRICHED']);
  });

  test('the most urgent lookups of several lanes go first, and an unknown level counts among the most urgent', async () => {
    const { asked, breaker, unblock, lanes, deliver, versions } = setUp({}, 3);
    breaker.limit = 0;
    const category = { a3: '3', a1: '1', b2: '2', b9: '9', c3: '3', c1: '1' };
    for (const [position, [checkId, level]] of Object.entries(category).entries()) {
      const record = passThroughRecord({ checkId, position, category: level });
      deliver(lanes[position >> 1]!, pendingEntry({ admittedAt: NOW, nextAttemptAt: NOW, record }));
    }
    await pass(WAIT_MS + LINGER_MS);
    unblock();
    await pass(LINGER_MS);
    expect(asked.map(({ checkId }) => checkId)).toEqual(['a1', 'b9', 'c1', 'b2', 'a3', 'c3']);
    expect(versions().slice(6)).toEqual(Array.from({ length: 6 }, () => 'ENRICHED'));
  });

  test('a lookup that was not admitted waits like the others', async () => {
    const { asked, breaker, unblock, take, versions } = setUp({ a: [{ kind: 'notAdmitted' }, SUCCESS] });
    breaker.limit = 1;
    take('a');
    breaker.limit = 0;
    await pass(60_000);
    expect(asked).toHaveLength(1);
    unblock();
    await pass(LINGER_MS);
    expect(versions()).toEqual(['PENDING GATE_CLOSED', 'ENRICHED']);
  });
});

describe('an entry found after a restart', () => {
  test('waits for the more urgent ones that are found with it', async () => {
    const { asked, find } = setUp();
    const found = ['3', '2', '1', null].map((category, position) =>
      pendingEntry({ record: passThroughRecord({ checkId: `level ${category}`, category, position }) }),
    );
    find(found);
    await pass(LINGER_MS);
    expect(asked.map(({ checkId }) => checkId)).toEqual(['level 1', 'level null', 'level 2', 'level 3']);
  });

  test('is counted once, and looked up once', async () => {
    const { asked, breaker, find, unblock, waiting } = setUp();
    breaker.limit = 0;
    find(
      [0, 1, 2].map((position) => pendingEntry({ record: passThroughRecord({ checkId: `c${position}`, position }) })),
    );
    expect(await waiting()).toBe(3);
    unblock();
    await pass(LINGER_MS);
    expect(asked.map(({ checkId }) => checkId)).toEqual(['c0', 'c1', 'c2']);
    expect(await waiting()).toBe(0);
  });

  test('that is published already is not published as pending again', async () => {
    const { asked, take, versions } = setUp();
    take('a', { published: true, attempts: 3, nextAttemptAt: NOW + 5_000 });
    await pass(5_000 + LINGER_MS);
    expect(asked.map(({ afterMs }) => afterMs)).toEqual([5_000]);
    expect(versions()).toEqual(['ENRICHED']);
  });

  test('that has waited too long already goes on as pending at once', async () => {
    const { take, versions } = setUp({ a: [LATER] });
    take('a', { admittedAt: NOW - 3_600_000, reason: 'QCC_205' });
    await pass(2 + LINGER_MS);
    expect(versions()).toEqual(['PENDING QCC_205']);
  });

  test('from a clock that was ahead keeps none of those that come later from going on as pending in time', async () => {
    const { take, versions } = setUp({ ahead: [LATER], a: [LATER] });
    take('ahead', { admittedAt: NOW + 3_600_000 }, 0);
    take('a', {}, 1);
    await pass(WAIT_MS + LINGER_MS);
    expect(versions()).toEqual(['PENDING QCC_205']);
    await pass(3_600_000);
    expect(versions()).toEqual(['PENDING QCC_205', 'PENDING QCC_205']);
  });

  test('whose type has no details any more is settled, also while no call may be made', async () => {
    const { asked, breaker, take, versions } = setUp();
    breaker.limit = 0;
    take('a', { record: passThroughRecord({ type: '4' }) });
    await pass(LINGER_MS);
    expect(asked).toEqual([]);
    expect(versions()).toEqual(['NOT_APPLICABLE']);
  });
});

describe('records that are not in memory', () => {
  test('cost a few hundred bytes each while they wait, however large they are', () => {
    const { lanes } = setUp();
    const deps = { endpoints: DETAIL_ENDPOINTS, now: Date.now };
    const before = liveBytes();
    for (let position = 0; position < 100; position += 1) {
      const whole = pendingEntry({ record: large(position), published: true });
      lanes[0]!.take([toDetailTask(deps, whole, position)], [whole]);
    }
    expect(liveBytes() - before).toBeLessThan(10_000_000);
  });

  test('cost no more than the memory for entries while their pending versions are not due', () => {
    const { lanes } = setUp();
    const deps = { endpoints: DETAIL_ENDPOINTS, now: Date.now };
    const before = liveBytes();
    for (let position = 0; position < 100; position += 1) {
      const whole = pendingEntry({ record: large(position), admittedAt: NOW, nextAttemptAt: NOW + 60_000 });
      lanes[0]!.take([toDetailTask(deps, whole, position)], [whole]);
    }
    expect(liveBytes() - before).toBeLessThan(10_000_000);
  });

  const large = (position: number) =>
    passThroughRecord({ checkId: `c${position}`, position, changeContent: 'x'.repeat(900_000) });

  test('are read from the topic when they are due, and none is kept for those that only wait', async () => {
    // There would be room for all of them.
    const given = { cacheBytes: 100_000_000 };
    const { asked, breaker, unblock, deliver, lanes, topic, versions } = setUp({}, 1, bareCodec, given);
    breaker.limit = 0;
    for (let position = 0; position < 20; position += 1)
      deliver(lanes[0]!, pendingEntry({ record: large(position), published: true }));
    await pass(WAIT_MS);
    expect(topic.pagesRead).toEqual([]);
    unblock();
    await pass(LINGER_MS * 100);
    expect(topic.pagesRead.length).toBeGreaterThan(0);
    expect(asked.map(({ checkId }) => checkId)).toEqual(Array.from({ length: 20 }, (_, position) => `c${position}`));
    expect(versions()).toEqual(Array.from({ length: 20 }, () => 'ENRICHED'));
  });

  test('are published in transactions of a few MiB, once each', async () => {
    const { breaker, unblock, deliver, lanes, committed, versions } = setUp({}, 1, bareCodec, { cacheBytes: 100 });
    breaker.limit = 0;
    for (let position = 0; position < 20; position += 1)
      deliver(lanes[0]!, pendingEntry({ record: large(position), admittedAt: NOW, nextAttemptAt: NOW }));
    await pass(WAIT_MS + LINGER_MS * 100);
    unblock();
    await pass(LINGER_MS * 100);
    expect(versions()).toEqual([...Array(20).fill('PENDING GATE_CLOSED'), ...Array(20).fill('ENRICHED')]);
    const records = committed.map((sent) => sent.filter(({ topic }) => topic === 'enriched-records').length);
    expect(Math.max(...records)).toBe(5);
  });

  test('are read where their pending version was written, after compaction', async () => {
    const { take, topic, versions } = setUp({ a: [LATER, LATER, SUCCESS] }, 1, bareCodec, { cacheBytes: 100 });
    take('a');
    await pass(WAIT_MS + LINGER_MS);
    expect(versions()).toEqual(['PENDING QCC_205']);
    topic.compact();
    await pass(60_000);
    expect(versions()).toEqual(['PENDING QCC_205', 'ENRICHED']);
  });

  test('and are not on the topic any more break the lane, which the next one reads again', async () => {
    const { lane, take, topic, versions, waiting } = setUp({}, 1, bareCodec, { cacheBytes: 100 });
    take('a', { published: true });
    topic.empty();
    await pass(LINGER_MS);
    expect([lane.signal.aborted, String(lane.signal.reason)]).toEqual([true, expect.stringContaining('any more')]);
    expect([versions(), await waiting(), vi.getTimerCount()]).toEqual([[], 0, 0]);
  });

  test('and cannot be read for now are asked again, and the lane is kept', async () => {
    const { lane, take, topic, versions } = setUp({}, 1, bareCodec, { cacheBytes: 100 });
    topic.failNext(new Error('no leader'));
    take('a', { published: true });
    await pass(LINGER_MS);
    expect([lane.signal.aborted, versions()]).toEqual([false, []]);
    await pass(60_000);
    expect(versions()).toEqual(['ENRICHED']);
  });
});

test('a transaction holds at most five hundred occurrences, and none is forgotten', async () => {
  const { committed, take, versions } = setUp();
  for (let position = 0; position < 1_201; position++) take('a', {}, position);
  await pass(LINGER_MS * 10);
  expect(versions()).toHaveLength(1_201);
  for (const sent of committed) {
    expect(sent.filter(({ topic }) => topic === 'enriched-records').length).toBeLessThanOrEqual(500);
  }
});

describe('the detail resolver ends with its lane', () => {
  test('when a transaction fails: nothing is asked or sent any more', async () => {
    const { committed, breakNext, asked, take, waiting } = setUp({ b: [LATER, SUCCESS] });
    take('b', {}, 1);
    await pass(LINGER_MS);
    breakNext();
    take('a');
    await pass(60_000);
    expect(committed).toEqual([]);
    expect(asked.map(({ checkId }) => checkId)).toEqual(['b', 'a']);
    expect(await waiting()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('when its messages cannot be made: what waits is left to whoever opens the lane anew', async () => {
    const carry = () => {
      throw new RangeError('Array buffer allocation failed');
    };
    const { lane, committed, take, waiting } = setUp({}, 1, { ...bareCodec, carry });
    take('a');
    await pass(60_000);
    expect([lane.signal.aborted, committed, await waiting()]).toEqual([true, [], 0]);
  });

  test('when the lane is closed: what was ready but not sent is left to the next owner', async () => {
    const { committed, close, take } = setUp();
    take('a');
    await pass(0);
    close();
    take('b', {}, 1);
    await pass(60_000);
    expect(committed).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what Kafka refuses for good', () => {
  const versionsOf = (sent: readonly Sent[]) =>
    sent.flatMap(({ topic, value }) => (topic === 'enriched-records' ? [value as EnrichedRecord] : []));

  /** Opens one lane after another, each with the entries that the former ones did not commit, until nothing waits. */
  async function settleAll(checkIds: readonly string[], isRefused: (sent: readonly Sent[]) => boolean) {
    const refusalProgress = createRefusalProgress();
    const committed: Sent[] = [];
    const asked: string[] = [];
    let lanes = 0;
    for (let left = [...checkIds]; left.length > 0; lanes += 1) {
      const bed = setUp({}, 1, bareCodec, { refusalProgress, isRefused });
      for (const checkId of left) bed.take(checkId, {}, checkIds.indexOf(checkId));
      while ((await bed.waiting()) > 0 || !bed.lane.signal.aborted) {
        const before = bed.committed.length;
        await pass(LINGER_MS);
        if (bed.committed.length === before) break;
      }
      committed.push(...bed.committed.flat());
      asked.push(...bed.asked.map(({ checkId }) => checkId));
      const ended = committed.filter(({ topic, value }) => topic === 'pending-details' && value === null);
      left = checkIds.filter((_, position) => !ended.some(({ key }) => key.endsWith(`|0|${position}`)));
      bed.close();
    }
    const facts = committed.flatMap(({ topic, value }) =>
      topic === 'order-events' ? [value as { stage: string; positions: { first: number; last: number }[] }] : [],
    );
    return {
      lanes,
      asked: asked.toSorted(),
      versions: versionsOf(committed)
        .map(({ record, detailsTruncated }) => `${record.position}${detailsTruncated ? ' truncated' : ''}`)
        .toSorted(),
      deadLetters: committed.flatMap(({ topic, value }) => (topic === 'dead-letters' ? [value] : [])),
      rejected: facts.flatMap(({ stage, positions }) => (stage === 'REJECTED' ? positions : [])),
    };
  }
  const CHECK_IDS = ['a', 'b', 'c', 'd', 'e'];

  test('for its details goes on without them, and nobody asks QCC twice', async () => {
    const outcome = await settleAll(CHECK_IDS, (sent) =>
      versionsOf(sent).some(({ record, exceptions }) => record.position === 3 && exceptions.length > 0),
    );
    expect(outcome.versions).toEqual(['0', '1', '2', '3 truncated', '4']);
    expect(outcome.asked).toEqual(CHECK_IDS);
    expect([outcome.deadLetters, outcome.rejected]).toEqual([[], []]);
    expect(outcome.lanes).toBeLessThan(10);
  });

  test('without its details too becomes a dead letter and ends its entry, and nobody asks QCC twice', async () => {
    const outcome = await settleAll(CHECK_IDS, (sent) => versionsOf(sent).some(({ record }) => record.position === 3));
    expect(outcome.versions).toEqual(['0', '1', '2', '4']);
    expect(outcome.asked).toEqual(CHECK_IDS);
    expect(outcome.deadLetters).toMatchObject([
      {
        'qcc.dlq.reason': 'RECORD_TOO_LARGE',
        'qcc.dlq.stage': 'detail-enricher',
        'qcc.dlq.position': '3',
        'qcc.dlq.digest': 'true',
        'qcc.dlq.archiveSha256': changeRecord().archiveSha256,
      },
    ]);
    expect(outcome.rejected).toEqual([{ first: 3, last: 3 }]);
  });

  test('as a pending version becomes a dead letter, and waits for nothing any more', async () => {
    const refusalProgress = createRefusalProgress();
    const isRefused = (sent: readonly Sent[]) => versionsOf(sent).length > 0;
    const beds = [1, 2].map(() => setUp({ a: [LATER] }, 1, bareCodec, { refusalProgress, isRefused }));
    for (const bed of beds) {
      bed.take('a');
      await pass(WAIT_MS + LINGER_MS);
    }
    expect(beds.map(({ lane }) => lane.signal.aborted)).toEqual([true, false]);
    const [first, second] = beds.map(({ committed }) => committed.map(topics));
    expect([first, second]).toEqual([[], [['pending-details ends', 'dead-letters', 'order-events']]]);
    expect(await beds[1]!.waiting()).toBe(0);
    await pass(WAIT_MS * 100);
    expect(beds[1]!.committed).toHaveLength(1);
  });
});

test('a lookup is a span in the trace that its entry carries, before a restart and after it', async () => {
  using recorded = recordSpans();
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  const record = { ...passThroughRecord({ checkId: 'a', category: '2' }), trace };
  for (const way of ['deliver', 'find'] as const) {
    const { find, deliver, lanes } = setUp({ a: [SUCCESS] });
    const entry = pendingEntry({ record, admittedAt: NOW, nextAttemptAt: NOW });
    if (way === 'find') find([entry]);
    else deliver(lanes[0]!, entry);
    await pass(LINGER_MS);
  }
  const spans = recorded.ended().filter(({ parentSpanContext }) => parentSpanContext?.spanId === 'b'.repeat(16));
  expect(spans.map(({ name }) => name)).toEqual([
    'look up details',
    'send enriched-records',
    'look up details',
    'send enriched-records',
  ]);
  expect(spans[0]?.attributes).toMatchObject({ 'qcc.endpoint': 'getExceptions', 'qcc.outcome': 'success' });
});
