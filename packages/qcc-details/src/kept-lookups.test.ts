import type { RawResponse } from 'qcc-core/qcc/raw-response';
import { expect, test } from 'vitest';
import { dishonestDebtors } from './endpoints/dishonest-debtors/endpoint.ts';
import { detailsGiven } from './kept-lookups.ts';

const request = { endpoint: dishonestDebtors, corpKeyNo: 'corp', checkId: 'check', pushDate: 100 };

const page = (lookup: string, sentAt: number, pageIndex: number, ids: string[], total: number): RawResponse => ({
  endpoint: 'getShiXinList',
  query: { corpKeyNo: 'corp', checkId: 'check', pageIndex: String(pageIndex) },
  lookup,
  status: 200,
  body: Buffer.from(JSON.stringify({ status: '200', resultList: ids.map((id) => ({ id })), totalRecords: total })),
  sentAt,
  receivedAt: sentAt + 1,
});
const first = page('one', 110, 1, ['a'], 2);
const second = page('one', 111, 2, ['b'], 2);
const later = [page('two', 120, 1, ['c'], 2), page('two', 121, 2, ['d'], 2)];
const busy: RawResponse = { ...first, sentAt: 109, status: 503 };

test.each<[string, RawResponse[], number, string[] | undefined]>([
  ['all pages of the lookup that began then', [second, ...later, first], 110, ['a', 'b']],
  ['another lookup is no substitute', later, 110, undefined],
  ['those of a later lookup, where they were given', [first, second, ...later], 120, ['c', 'd']],
  ['the first page that came, not an attempt before it', [busy, first, second], 110, ['a', 'b']],
  ['none where a page is not kept', [first, ...later], 110, undefined],
  ['none where as many are not there as were given', [page('one', 110, 1, ['a'], 1)], 110, undefined],
  ['none where nothing is kept', [], 110, undefined],
])('of the kept responses: %s', async (_name, responses, fetchedAt, expected) => {
  const details = await detailsGiven(request, responses, { fetchedAt, total: 2 });
  expect(details?.dishonestDebtors.map(({ id }) => id)).toEqual(expected);
});
