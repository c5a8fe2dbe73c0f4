import type { RawAnswer } from 'qcc-core/qcc/raw-answer';
import { expect, test } from 'vitest';
import type { DetailEndpoint } from './detail-endpoint.ts';
import { dishonestDebtors } from './endpoints/dishonest-debtors/endpoint.ts';
import { exceptions } from './endpoints/exceptions/endpoint.ts';
import { MOST_UNKNOWN_ANSWERS } from './judge-outcome.ts';
import { unpackDetails } from './packed-details.ts';
import { newestAnswer, settleFromAnswers } from './settle-from-answers.ts';

const PUSH_DATE = 100;
const request = { corpKeyNo: 'corp', checkId: 'check', pushDate: PUSH_DATE };

function answer(sentAt: number, body: object | string, fields: Partial<RawAnswer> = {}): RawAnswer {
  return {
    endpoint: 'getExceptions',
    query: { corpKeyNo: 'corp', checkId: 'check' },
    lookup: `lookup-${sentAt}`,
    status: 200,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    sentAt,
    receivedAt: sentAt + 1,
    ...fields,
  };
}
const found = (addReason: string) => ({ status: '200', resultList: [{ addReason }] });
const page = (sentAt: number, lookup: string, pageIndex: number, ids: string[], total: number) =>
  answer(
    sentAt,
    { status: '200', resultList: ids.map((id) => ({ id })), totalRecords: total },
    { endpoint: 'getShiXinList', lookup, query: { ...answer(0, '').query, pageIndex: String(pageIndex) } },
  );

async function settle(endpoint: DetailEndpoint, answers: readonly RawAnswer[]): Promise<object> {
  const result = await settleFromAnswers({ ...request, endpoint }, answers);
  return result.status === 'ENRICHED' ? { ...result, details: unpackDetails(result.details) } : result;
}

const PROCESSING = { status: '205' };
const EMPTY = { status: '201' };

test.each<[string, RawAnswer[], object]>([
  ['nothing was answered yet', [], { status: 'PENDING', reason: 'WAIT_EXCEEDED' }],
  ['QCC found nothing', [answer(101, EMPTY)], { status: 'NO_RESULT', fetchedAt: 101 }],
  [
    'the first answer that settles it counts, in whatever order they lie',
    [answer(130, found('later')), answer(110, PROCESSING), answer(120, found('first'))],
    { status: 'ENRICHED', fetchedAt: 120, details: { exceptions: [{ addReason: 'first' }], total: 1 } },
  ],
  [
    'an answer older than the change may lack it',
    [answer(99, found('old')), answer(100, found('new'))],
    { status: 'ENRICHED', fetchedAt: 100, details: { exceptions: [{ addReason: 'new' }] } },
  ],
  ['QCC was not done', [answer(101, PROCESSING)], { status: 'PENDING', reason: 'QCC_205' }],
  ['the daily limit was met', [answer(101, { status: '109' })], { status: 'PENDING', reason: 'QCC_109' }],
  ['HTTP failed, then not', [answer(101, '', { status: 502 }), answer(102, EMPTY)], { status: 'NO_RESULT' }],
  ['it can never succeed', [answer(101, { status: '208' })], { status: 'FAILED', reason: 'QCC_208' }],
  [
    'what nobody understands comes often enough in a row',
    Array.from({ length: MOST_UNKNOWN_ANSWERS }, (_, index) => answer(101 + index, 'no JSON')),
    { status: 'FAILED', reason: 'NOT_JSON' },
  ],
])('%s', async (_name, answers, expected) => {
  expect(await settle(exceptions, answers)).toMatchObject(expected);
});

test('pages count by their own lookup: one that was cut off is passed over', async () => {
  const answers = [page(110, 'cut', 1, ['a'], 2), page(120, 'whole', 1, ['a'], 2), page(121, 'whole', 2, ['b'], 2)];
  expect(await settle(dishonestDebtors, answers)).toMatchObject({
    status: 'ENRICHED',
    fetchedAt: 120,
    details: { dishonestDebtors: [{ id: 'a' }, { id: 'b' }], total: 2 },
  });
});

test.each<[string, RawAnswer[], object | undefined]>([
  ['nothing was kept', [], undefined],
  [
    'the newest counts',
    [answer(130, found('newest')), answer(110, found('first'))],
    { kind: 'success', fetchedAt: 130 },
  ],
  ['that QCC found nothing is an answer', [answer(110, found('first')), answer(120, EMPTY)], { kind: 'empty' }],
  [
    'failures are passed over, a later one too',
    [answer(110, { status: '208' }), answer(120, found('first')), answer(130, { status: '109' })],
    { kind: 'success', fetchedAt: 120 },
  ],
  ['an answer older than the change may lack it', [answer(PUSH_DATE - 1, found('old'))], undefined],
])('of what was kept for an earlier revision: %s', async (_name, answers, expected) => {
  const newest = await newestAnswer({ ...request, endpoint: exceptions }, answers);
  expect(newest).toEqual(expected && expect.objectContaining(expected));
});
