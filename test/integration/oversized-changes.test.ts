// @module-tag whole
import type { ChangeRecord, EnrichedRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { changeRecord } from 'qcc-core/testing/change-record';
import { startLoopbackServer } from 'qcc-core/testing/loopback-server';
import { expect, test, vi } from 'vitest';
import { PATIENCE } from '../harness/patience.ts';
import { setMaxMessageBytes } from '../harness/set-max-message-bytes.ts';
import { openEnricherBed } from './enricher-bed.ts';
import { end, startEnricher } from './enricher-process.ts';
import { readTopic } from './topic-reader.ts';

/** Runs some changes through one enricher; returns its output and the 校验IDs that it asked QCC about. */
async function enrich(
  input: { records: ChangeRecord[]; enrichedMaxBytes?: number },
  isDone: (outcome: { versions: EnrichedRecord[]; deadLetters: number }) => boolean,
) {
  const bed = await openEnricherBed('oversized');
  if (input.enrichedMaxBytes)
    await setMaxMessageBytes(bed.kafka, `${bed.prefix}enriched-records`, input.enrichedMaxBytes);
  const asked: string[] = [];
  await using qcc = await startLoopbackServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://qcc');
    asked.push(searchParams.get('checkId') ?? '');
    // A remark of 6 kB for the one change that is to have large details.
    const addReason = '法'.repeat(searchParams.get('checkId') === 'large' ? 2_000 : 2);
    response.end(JSON.stringify({ status: '200', resultList: [{ addReason }] }));
  });
  await using versions = await readTopic(bed.kafka, bed.prefix, TOPICS.enrichedRecords);
  await using deadLetters = await readTopic(bed.kafka, bed.prefix, TOPICS.deadLetters);
  await using facts = await readTopic(bed.kafka, bed.prefix, TOPICS.orderEvents);
  const decoded = () => Promise.all(versions.messages.map(({ value }) => bed.codec.decode('enriched-records', value!)));
  await bed.send(input.records);
  const env = { ...bed.env(qcc.url), DETAIL_WAIT_MS: '600000', DETAIL_DAILY_BUDGET: '1000' };
  const enricher = startEnricher({ ...env, DETAIL_CACHE_ENTRIES: '0' });
  try {
    await vi.waitFor(
      async () => expect(isDone({ versions: await decoded(), deadLetters: deadLetters.messages.length })).toBe(true),
      PATIENCE,
    );
    expect(await end(enricher, 'SIGTERM')).toBe(0);
  } finally {
    await end(enricher, 'SIGKILL');
  }
  await Promise.all([versions.toEnd(), deadLetters.toEnd(), facts.toEnd()]);
  const events = await Promise.all(facts.messages.map(({ value }) => bed.codec.decode('order-events', value!)));
  return {
    asked: asked.toSorted(),
    versions: (await decoded())
      .map(({ record, detailStatus, detailReason, detailsTruncated }) =>
        [record.position, detailStatus, detailReason, detailsTruncated ? 'truncated' : null].filter(
          (part) => part !== null,
        ),
      )
      .toSorted(),
    deadLetters: deadLetters.messages.map(({ headers }) =>
      ['position', 'reason', 'stage'].map((name) => String(headers?.[`qcc.dlq.${name}`])),
    ),
    rejected: events.flatMap(({ stage, positions }) => (stage === 'REJECTED' ? positions : [])),
  };
}

const change = (position: number, given: Partial<ChangeRecord> = {}): ChangeRecord =>
  changeRecord({ id: `id-${position}`, corpKeyNo: 'corp', type: '4', checkId: null, position, ...given });

test.concurrent('changes with a key of 267 kB, from an earlier extractor, are published without a call, and those behind them too', async () => {
  const corpKeyNo = '企'.repeat(89_000);
  const records = [
    ...[0, 1, 2].map((position) => change(position, { corpKeyNo, type: '2', checkId: `long-${position}` })),
    change(3, { type: '2', checkId: 'short' }),
  ];
  const outcome = await enrich({ records }, ({ versions }) => versions.length === 4);
  expect(outcome.versions).toEqual([
    ...[0, 1, 2].map((position) => [position, 'FAILED', 'QUESTION_TOO_LONG']),
    [3, 'ENRICHED'],
  ]);
  expect(outcome.asked).toEqual(['short']);
  expect(outcome.deadLetters).toEqual([]);
});

test.concurrent('if the broker takes less than the table of topics says, a change is truncated or becomes a dead letter, and no call is made twice', async () => {
  const records = [
    change(0),
    change(1, { changeContent: '甲'.repeat(3_000) }),
    change(2),
    change(3, { type: '2', checkId: 'large' }),
    change(4, { type: '2', checkId: 'small' }),
  ];
  const outcome = await enrich(
    { records, enrichedMaxBytes: 5_000 },
    ({ versions, deadLetters }) => versions.length === 4 && deadLetters === 1,
  );
  expect(outcome.versions).toEqual([
    [0, 'NOT_APPLICABLE'],
    [2, 'NOT_APPLICABLE'],
    [3, 'ENRICHED', 'truncated'],
    [4, 'ENRICHED'],
  ]);
  expect(outcome.deadLetters).toEqual([['1', 'RECORD_TOO_LARGE', 'detail-enricher']]);
  expect(outcome.rejected).toEqual([{ first: 1, last: 1 }]);
  expect(outcome.asked).toEqual(['large', 'small']);
});
