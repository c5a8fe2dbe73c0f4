import type { RawResponse } from 'qcc-core/qcc/raw-response';
import { expect, test } from 'vitest';
import type { DetailEndpoint } from './detail-endpoint.ts';
import { dishonestDebtors } from './endpoints/dishonest-debtors/endpoint.ts';
import { exceptions } from './endpoints/exceptions/endpoint.ts';
import { MOST_UNKNOWN_RESPONSES } from './judge-outcome.ts';
import { unpackDetails } from './packed-details.ts';
import { newestResponse, settleFromResponses } from './settle-from-responses.ts';

const PUSH_DATE = 100;
const request = { corpKeyNo: 'corp', checkId: 'check', pushDate: PUSH_DATE };

function response(sentAt: number, body: object | string, fields: Partial<RawResponse> = {}): RawResponse {
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
  response(
    sentAt,
    { status: '200', resultList: ids.map((id) => ({ id })), totalRecords: total },
    { endpoint: 'getShiXinList', lookup, query: { ...response(0, '').query, pageIndex: String(pageIndex) } },
  );

async function settle(endpoint: DetailEndpoint, responses: readonly RawResponse[]): Promise<object> {
  const result = await settleFromResponses({ ...request, endpoint }, responses);
  return result.status === 'ENRICHED' ? { ...result, details: unpackDetails(result.details) } : result;
}

const PROCESSING = { status: '205' };
const EMPTY = { status: '201' };

test.each<[string, RawResponse[], object]>([
  ['nothing was answered yet', [], { status: 'PENDING', reason: 'WAIT_EXCEEDED' }],
  ['QCC found nothing', [response(101, EMPTY)], { status: 'NO_RESULT', fetchedAt: 101 }],
  [
    'QCC found nothing, and says so by an empty list',
    [response(101, { status: '200', resultList: [] })],
    { status: 'NO_RESULT', fetchedAt: 101 },
  ],
  ['a list that is null is empty, too', [response(101, { status: '200', resultList: null })], { status: 'NO_RESULT' }],
  [
    'a response that an earlier version kept has fields that this version reads',
    [response(101, { status: '200', resultList: [{ addDate: '2016年12月9日', caseNo: 7 }, null], totalRecords: 5 })],
    {
      status: 'ENRICHED',
      details: {
        exceptions: [{ addDate: Date.UTC(2016, 11, 8, 16), addDateRaw: '2016年12月9日', extra: '{"caseNo":7}' }],
        total: 5,
        oddRows: 1,
        incompleteReason: 'INCOMPLETE_TOTAL',
      },
    },
  ],
  [
    'the first response that settles it counts, in whatever order they lie',
    [response(130, found('later')), response(110, PROCESSING), response(120, found('first'))],
    { status: 'ENRICHED', fetchedAt: 120, details: { exceptions: [{ addReason: 'first' }], total: 1 } },
  ],
  [
    'a response older than the change may lack it',
    [response(99, found('old')), response(100, found('new'))],
    { status: 'ENRICHED', fetchedAt: 100, details: { exceptions: [{ addReason: 'new' }] } },
  ],
  ['QCC was not done', [response(101, PROCESSING)], { status: 'PENDING', reason: 'QCC_205' }],
  ['the daily limit was met', [response(101, { status: '109' })], { status: 'PENDING', reason: 'QCC_109' }],
  ['HTTP failed, then not', [response(101, '', { status: 502 }), response(102, EMPTY)], { status: 'NO_RESULT' }],
  ['it can never succeed', [response(101, { status: '208' })], { status: 'FAILED', reason: 'QCC_208' }],
  [
    'what nobody understands comes often enough in a row',
    Array.from({ length: MOST_UNKNOWN_RESPONSES }, (_, index) => response(101 + index, 'no JSON')),
    { status: 'FAILED', reason: 'NOT_JSON' },
  ],
])('%s', async (_name, responses, expected) => {
  expect(await settle(exceptions, responses)).toMatchObject(expected);
});

test('pages count by their own lookup: one that was cut off is passed over', async () => {
  const responses = [page(110, 'cut', 1, ['a'], 2), page(120, 'whole', 1, ['a'], 2), page(121, 'whole', 2, ['b'], 2)];
  expect(await settle(dishonestDebtors, responses)).toMatchObject({
    status: 'ENRICHED',
    fetchedAt: 120,
    details: { dishonestDebtors: [{ id: 'a' }, { id: 'b' }], total: 2 },
  });
});

test.each<[string, RawResponse[], object | undefined]>([
  ['nothing was kept', [], undefined],
  [
    'the newest counts',
    [response(130, found('newest')), response(110, found('first'))],
    { kind: 'success', fetchedAt: 130 },
  ],
  ['that QCC found nothing is a response', [response(110, found('first')), response(120, EMPTY)], { kind: 'empty' }],
  [
    'failures are passed over, a later one too',
    [response(110, { status: '208' }), response(120, found('first')), response(130, { status: '109' })],
    { kind: 'success', fetchedAt: 120 },
  ],
  ['a response older than the change may lack it', [response(PUSH_DATE - 1, found('old'))], undefined],
])('of what was kept for an earlier revision: %s', async (_name, responses, expected) => {
  const newest = await newestResponse({ ...request, endpoint: exceptions }, responses);
  expect(newest).toEqual(expected && expect.objectContaining(expected));
});
