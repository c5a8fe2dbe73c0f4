import type { QccClient } from 'qcc-core/qcc/client';
import { expect, test } from 'vitest';
import { DETAIL_ENDPOINTS } from './all.ts';
import { NO_DETAILS } from './detail-endpoint.ts';

const ROW = { id: 'one' };
const answers: Record<string, unknown> = {
  getExceptions: [ROW, ROW],
  getSeriousViolation: [ROW],
  getShiXinList: { rows: [ROW], total: 3 },
};
const lists: Record<string, object> = {
  getExceptions: { exceptions: [ROW, ROW], total: 2 },
  getSeriousViolation: { seriousViolations: [ROW], total: 1 },
  getShiXinList: { dishonestDebtors: [ROW], total: 3 },
};
const input = { corpKeyNo: 'k', checkId: 'c' };
const signal = new AbortController().signal;

test.each(DETAIL_ENDPOINTS.map((endpoint) => [endpoint.name, endpoint] as const))(
  '%s fills its own list and no other',
  async (name, endpoint) => {
    const asked: unknown[] = [];
    const client = {
      [name]: async (...call: unknown[]) => {
        asked.push(call);
        return { kind: 'success', value: answers[name], fetchedAt: 5 };
      },
    } as unknown as QccClient;
    const outcome = await endpoint.ask(client, input, { signal });
    expect(outcome).toEqual({ kind: 'success', value: { ...NO_DETAILS, ...lists[name] }, fetchedAt: 5 });
    expect(asked).toEqual([[input, expect.objectContaining({ signal })]]);
  },
);

test.each(DETAIL_ENDPOINTS.map((endpoint) => [endpoint.name, endpoint] as const))(
  '%s passes on what is no success',
  async (name, endpoint) => {
    const outcome = { kind: 'later', code: '205', reason: 'QCC_205', message: '' };
    const client = { [name]: async () => outcome } as unknown as QccClient;
    expect(await endpoint.ask(client, input, { signal })).toEqual(outcome);
  },
);

test('no two endpoints are for the same type', () => {
  const types = DETAIL_ENDPOINTS.map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
});
