import type { ChangeRecord, EnrichedRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { compareVersions } from 'qcc-core/contract/version';
import { breakerMessage } from 'qcc-core/kafka/messages/detail-gate';
import { changeRecord } from 'qcc-core/testing/change-record';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { openEnricherBed } from './enricher-bed.ts';
import { end, startEnricher } from './enricher-process.ts';
import { produce, readTopic } from './topic-reader.ts';

const PER_ORDER = 100;

/** What becomes of a record in the end, by its position; the fake QCC answers accordingly. */
const KINDS = [
  { name: 'nothing to ask', type: '4', checkId: 'unused', status: 'NOT_APPLICABLE' },
  { name: 'no check id', type: '10', checkId: null, status: 'NO_CHECK_ID' },
  { name: 'answered', type: '2', checkId: 'answered', status: 'ENRICHED' },
  { name: 'answered late', type: '10', checkId: 'later', status: 'ENRICHED' },
  { name: 'two pages', type: '11', checkId: 'pages', status: 'ENRICHED' },
  { name: 'nothing there', type: '2', checkId: 'empty', status: 'NO_RESULT' },
  { name: 'never', type: '11', checkId: 'never', status: 'FAILED' },
] as const;
const kindOf = (position: number) => KINDS[position % KINDS.length]!;

const changeOf = (orderNo: string, position: number): ChangeRecord => {
  const { type, checkId } = kindOf(position);
  return changeRecord({
    id: `${orderNo}-${position}`,
    corpKeyNo: `corp-${position % 37}`,
    type,
    category: String((position % 3) + 1),
    checkId: checkId && `${checkId}-${orderNo}-${position}`,
    orderNo,
    position,
  });
};

/** Answers by the 校验ID. The first question about a `later` one gets 205. If the daily limit is reached, all questions get 109. */
function startFakeQcc() {
  const asked = new Map<string, number>();
  const quota = { reached: false };
  const debtors = (count: number) => Array.from({ length: count }, (_, row) => ({ id: `case-${row}` }));
  const answer = (checkId: string, pageIndex: string | null): object => {
    const times = (asked.get(checkId) ?? 0) + 1;
    asked.set(checkId, times);
    if (quota.reached) return { status: '109' };
    if (checkId.startsWith('empty')) return { status: '201' };
    if (checkId.startsWith('never')) return { status: '208' };
    if (checkId.startsWith('later') && times === 1) return { status: '205' };
    if (!checkId.startsWith('pages')) return { status: '200', resultList: [{ addReason: '通过登记的住所无法联系' }] };
    const resultList = debtors(25).slice(...(pageIndex === '1' ? [0, 20] : [20]));
    return { status: '200', paging: { totalRecords: 25 }, resultList };
  };
  const server = startLoopbackServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
    response.end(JSON.stringify(answer(query.get('checkId') ?? '', query.get('pageIndex'))));
  });
  return { server, quota, asked };
}

test('each change has one settled version and at most one pending before it, through restarts, a takeover after a crash and a daily limit', async () => {
  const bed = await openEnricherBed('enricher');
  const { prefix, kafka, codec } = bed;
  const qcc = startFakeQcc();
  await using server = await qcc.server;
  await using versions = await readTopic(kafka, prefix, TOPICS.enrichedRecords);
  await using facts = await readTopic(kafka, prefix, TOPICS.orderEvents);
  await using entries = await readTopic(kafka, prefix, TOPICS.pendingDetails);
  await using deadLetters = await readTopic(kafka, prefix, TOPICS.deadLetters);

  const env = { ...bed.env(server.url), DETAIL_RATE_PER_SECOND: '200', DETAIL_DAILY_BUDGET: '1000000' };
  const sendOrder = (orderNo: string) =>
    bed.send(Array.from({ length: PER_ORDER }, (_, position) => changeOf(orderNo, position)));
  const published = async () =>
    Promise.all(versions.messages.map(({ value }) => codec.decode('enriched-records', value!)));
  const countSettled = async (orderNo: string) =>
    (await published()).filter(({ record, detailStatus }) => record.orderNo === orderNo && detailStatus !== 'PENDING')
      .length;
  const untilSettled = (orderNo: string, count: number) =>
    vi.waitFor(async () => expect(await countSettled(orderNo)).toBeGreaterThanOrEqual(count), PATIENCE);

  let enricher = startEnricher(env);
  try {
    await sendOrder('A');
    await untilSettled('A', PER_ORDER / 2);
    expect(await end(enricher, 'SIGTERM')).toBe(0);

    // Two share the partitions; one is killed, and the other takes over what it had under way.
    const killed = startEnricher(env);
    enricher = startEnricher(env);
    try {
      await sendOrder('B');
      await untilSettled('B', PER_ORDER / 2);
    } finally {
      await end(killed, 'SIGKILL');
    }
    await untilSettled('A', PER_ORDER);
    await untilSettled('B', PER_ORDER);
    qcc.quota.reached = true;
    await produce(kafka, prefix, [{ topic: TOPICS.records, key: 'corp-1', value: Buffer.from('no Avro') }]);
    await sendOrder('C');
    await vi.waitFor(async () => {
      const seen = (await published()).filter(({ record }) => record.orderNo === 'C');
      expect(new Set(seen.map(({ record }) => record.position)).size).toBe(PER_ORDER);
    }, PATIENCE);
    // What needs no call is settled, everything else is pending, and no more was asked than was under way.
    const mine = (await published()).filter(({ record }) => record.orderNo === 'C');
    for (const { record, detailStatus, detailReason } of mine) {
      const { type, status } = kindOf(record.position);
      const isAsked = type !== '4' && status !== 'NO_CHECK_ID';
      expect(detailStatus).toBe(isAsked ? 'PENDING' : status);
      // On a busy machine what had to wait before QCC's first refusal came is told without it.
      if (isAsked) expect(['GATE_CLOSED', 'QCC_109', 'WAIT_EXCEEDED']).toContain(detailReason);
    }
    const askedForC = [...qcc.asked.keys()].filter((checkId) => checkId.includes('-C-'));
    expect(askedForC.length).toBeLessThanOrEqual(8);

    expect(await end(enricher, 'SIGTERM')).toBe(0);
    qcc.quota.reached = false;
    enricher = startEnricher(env);
    // The circuit breaker outlives the service. It is reset by an entry of the topic, here as another instance would write
    // it.
    await produce(kafka, prefix, [
      breakerMessage(codec, { account: 'main', state: 'OPEN', since: Date.now(), by: 'test' }),
    ]);
    await untilSettled('C', PER_ORDER);
    expect(await end(enricher, 'SIGTERM')).toBe(0);
  } finally {
    enricher.kill('SIGKILL');
  }

  await Promise.all([versions, facts, entries, deadLetters].map((reader) => reader.toEnd()));
  const byOccurrence = Map.groupBy(await published(), ({ record }) => record.id);
  expect(byOccurrence.size).toBe(3 * PER_ORDER);
  for (const [id, [...all]] of byOccurrence) {
    const settled = all.filter(({ detailStatus }) => detailStatus !== 'PENDING');
    expect(settled.map(({ record, detailStatus }) => [record.id, detailStatus])).toEqual([
      [id, kindOf(settled[0]?.record.position ?? 0).status],
    ]);
    expect(all.length, `versions of ${id}`).toBeLessThanOrEqual(2);
    expect(all.at(-1)).toBe(settled[0]);
    if (all.length === 2) expect(compareVersions(all[1]!.version, all[0]!.version)).toBeGreaterThan(0);
    expectDetails(settled[0]!);
  }

  const enriched = new Set<string>();
  for (const { value } of facts.messages) {
    const fact = await codec.decode('order-events', value!);
    if (fact.stage !== 'ENRICHED') continue;
    for (const { first, last } of fact.positions) {
      for (let position = first; position <= last; position++) enriched.add(`${fact.orderNo}-${position}`);
    }
  }
  expect(enriched).toEqual(new Set(byOccurrence.keys()));

  const waiting = new Map(entries.messages.map(({ key, value }) => [String(key), value]));
  expect([...waiting.values()].filter((value) => value !== null)).toEqual([]);
  expect(deadLetters.messages.map(({ headers }) => String(headers?.['qcc.dlq.reason']))).toEqual([
    'MESSAGE_UNDECODABLE',
  ]);
});

function expectDetails(enriched: EnrichedRecord): void {
  const { record, detailsTotal, exceptions, seriousViolations, dishonestDebtors } = enriched;
  const counts = [exceptions.length, seriousViolations.length, dishonestDebtors.length];
  const expected = {
    'nothing to ask': [null, 0, 0, 0],
    'no check id': [null, 0, 0, 0],
    answered: [1, 1, 0, 0],
    'answered late': [1, 0, 1, 0],
    'two pages': [25, 0, 0, 25],
    'nothing there': [0, 0, 0, 0],
    never: [null, 0, 0, 0],
  };
  expect([detailsTotal, ...counts]).toEqual(expected[kindOf(record.position).name]);
}
