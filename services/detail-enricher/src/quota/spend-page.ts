import type { DetailSpend } from 'qcc-core/contract/domain';

/** The calls of one Shanghai day that one partition's share of the budget has paid for. */
export type SpendPage = {
  /** Days since 1970-01-01. */
  day: number;
  /** Calls that have begun. */
  begun: number;
  /** Calls that may begin, as far as it is durable. */
  reserved: number;
  /** Calls by what came back, keyed by endpoint and code. */
  counts: Map<string, { endpoint: string; code: string; count: number }>;
};

/** What is said of calls whose answer nobody saw: their instance was lost with them, and QCC may bill them. */
export const UNSEEN_CALL = { endpoint: 'unknown', code: 'ANSWER_LOST' } as const;

export const emptyPage = (day: number): SpendPage => ({ day, begun: 0, reserved: 0, counts: new Map() });

export function countCall(page: SpendPage, { endpoint, code }: { endpoint: string; code: string }, count = 1): void {
  const key = `${endpoint}|${code}`;
  page.counts.set(key, { endpoint, code, count: (page.counts.get(key)?.count ?? 0) + count });
}

/** Calls that have begun and not come back. */
export const inFlight = ({ begun, counts }: SpendPage): number =>
  begun - [...counts.values()].reduce((sum, { count }) => sum + count, 0);

/** The page as another owner left it. What it had reserved and not counted is taken for spent. */
export function resumePage({ day, reserved, calls }: DetailSpend): SpendPage {
  const page: SpendPage = { day, begun: reserved, reserved, counts: new Map() };
  for (const call of calls) countCall(page, call, call.count);
  const unseen = inFlight(page);
  if (unseen > 0) countCall(page, UNSEEN_CALL, unseen);
  return page;
}
