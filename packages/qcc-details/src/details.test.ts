import type { QccClient } from 'qcc-core/qcc/client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { expect, test } from 'vitest';
import { askDetails, NO_DETAILS } from './details.ts';
import { DETAIL_ENDPOINTS } from './generated/all.ts';
import { detailRequest } from './testing/details.ts';

const { signal } = new AbortController();
const input = { corpKeyNo: 'k', checkId: 'c' };

/** A client that gives the same outcome each time. */
function clientOf(outcome: QccOutcome<unknown>) {
  const asked: unknown[] = [];
  const getDetails = async (...call: unknown[]) => {
    asked.push(call);
    return outcome;
  };
  return { asked, client: { getDetails } as unknown as QccClient };
}

const endpoints = DETAIL_ENDPOINTS.map((endpoint) => [endpoint.call.name, endpoint] as const);

test.each(endpoints)('%s fills its own list and no other', async (_, endpoint) => {
  const rows = [{ id: 'one' }];
  const counts = { total: 3, oddRows: 1, incompleteReason: 'INCOMPLETE_TOTAL' };
  const { asked, client } = clientOf({ kind: 'success', value: { rows, ...counts }, fetchedAt: 5 });
  const outcome = await askDetails(client, detailRequest({ endpoint, ...input }), { signal });
  const value = { ...NO_DETAILS, [endpoint.list.name]: rows, ...counts };
  expect(outcome).toEqual({ kind: 'success', value, fetchedAt: 5 });
  expect(asked).toEqual([[endpoint.call, input, expect.objectContaining({ signal })]]);
});

test.each(endpoints)('of %s, what is no success is passed on', async (_, endpoint) => {
  const outcome = { kind: 'later', code: '205', reason: 'QCC_205', message: '' } as const;
  const { client } = clientOf(outcome);
  expect(await askDetails(client, detailRequest({ endpoint }), { signal })).toEqual(outcome);
});

test.each<[string, (endpoint: (typeof DETAIL_ENDPOINTS)[number]) => string]>([
  ['type', ({ type }) => type],
  ['call', ({ call }) => call.name],
  ['list', ({ list }) => list.name],
])('no two endpoints have the same %s', (_, of) => {
  expect(new Set(DETAIL_ENDPOINTS.map(of)).size).toBe(DETAIL_ENDPOINTS.length);
});
