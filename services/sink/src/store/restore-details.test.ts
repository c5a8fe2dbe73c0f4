import { avroType } from 'qcc-core/avro/types';
import { createMetrics } from 'qcc-core/base/metrics';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { packVersion } from 'qcc-core/contract/version';
import { changeRecord, PUSH_DATE } from 'qcc-core/testing/change-record';
import { NO_LISTS } from 'qcc-details/details';
import type { ResponseRepository } from 'qcc-evidence/response-repository';
import { EvidenceError } from 'qcc-evidence/store';
import { expect, test } from 'vitest';
import { createNoteRestored, createRestoreDetails } from './restore-details.ts';

const FETCHED_AT = PUSH_DATE + 1;
const record = changeRecord({ type: '11' });
const truncated: EnrichedRecord = {
  record,
  detailStatus: 'ENRICHED',
  detailReason: null,
  detailsFetchedAt: FETCHED_AT,
  detailsTotal: 2,
  detailsTruncated: true,
  detailsComplete: true,
  detailsIncompleteReason: null,
  detailsOddRows: 0,
  ...NO_LISTS,
  version: packVersion({ ...record, settled: true, fetchedAt: FETCHED_AT }),
};
const response = (sentAt: number, ids: string[]) => ({
  endpoint: 'getShiXinList',
  query: { corpKeyNo: record.corpKeyNo, checkId: record.checkId!, pageIndex: '1' },
  lookup: `lookup-${sentAt}`,
  status: 200,
  body: Buffer.from(JSON.stringify({ status: '200', resultList: ids.map((id) => ({ id })), totalRecords: ids.length })),
  sentAt,
  receivedAt: sentAt,
});

async function restore(find: ResponseRepository['find'], enriched = truncated) {
  const metrics = createMetrics({ service: 'sink', account: 'main' });
  const errors: string[] = [];
  const log = { error: (_fields: unknown, text: string) => void errors.push(text) } as never;
  const type = avroType('enriched-records');
  const note = createNoteRestored({ place: 'the repository', log, metrics });
  const body = await createRestoreDetails({ repository: { find }, note })(type.toBuffer(enriched));
  const counted = (await metrics.truncatedDetails.get()).values.map(({ labels, value }) => [labels.outcome, value]);
  const { dishonestDebtors, ...rest }: EnrichedRecord = type.fromBuffer(body);
  return { ids: dishonestDebtors.map(({ id }) => id), rest, counted, errors };
}
const { dishonestDebtors: _, ...asItCame } = truncated;

test('the details of the lookup that the message names come back, and nothing else changes', async () => {
  const asked: unknown[] = [];
  const { ids, rest, counted, errors } = await restore(async (question) => {
    asked.push(question);
    const responses = [response(FETCHED_AT - 1, ['old', 'one']), response(FETCHED_AT, ['a', 'b'])];
    return responses.map((each) => ({ key: 'k', response: each, object: each.body }));
  });
  expect(ids).toEqual(['a', 'b']);
  expect(rest).toEqual({ ...asItCame, detailsTruncated: false });
  const { account, corpKeyNo, checkId } = record;
  expect(asked).toEqual([{ account, corpKeyNo, checkId, endpoint: 'getShiXinList' }]);
  expect([counted, errors]).toEqual([[['restored', 1]], []]);
});

test.each<[string, ResponseRepository['find'], Partial<EnrichedRecord>, string]>([
  ['are not kept', async () => [], {}, 'not kept there'],
  ['were altered', () => Promise.reject(new EvidenceError('altered', 'another SHA-256')), {}, 'another SHA-256'],
  ['are not named by the message', async () => [], { detailsFetchedAt: null }, 'does not say which'],
])('where the responses %s the message stays as it is, loudly', async (_name, find, changes, why) => {
  const { ids, rest, counted, errors } = await restore(find, { ...truncated, ...changes });
  expect([ids, rest]).toEqual([[], { ...asItCame, ...changes }]);
  expect([counted, errors]).toEqual([[['missing', 1]], [expect.stringContaining(why)]]);
});

test('an unavailable store fails the batch: nothing is stored without details that may be there', async () => {
  const away = () => Promise.reject(new EvidenceError('unavailable', 'no route'));
  await expect(restore(away)).rejects.toThrow('no route');
});
