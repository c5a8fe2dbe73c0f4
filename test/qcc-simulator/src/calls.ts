import type { Endpoint } from './status.ts';

/** `at` in milliseconds since 1970; `code` is QCC's, or `HTTP_503`, `TIMEOUT`, `RESET`, or the file host's `HTTP_…`. */
export type Call = {
  at: number;
  endpoint: Endpoint | 'download';
  code: string;
  orderNo?: string;
  corpKeyNo?: string;
  checkId?: string;
  pageIndex?: string;
};

/** What a caller must never do. */
export const VIOLATIONS = [
  'bad-key',
  'no-token',
  'bad-token',
  'bad-timespan',
  'bad-parameter',
  'not-get',
  'token-at-file-host',
  'bad-link-signature',
] as const;
export type Violation = { at: number; endpoint: string; kind: (typeof VIOLATIONS)[number] };

export type CallReport = {
  /** By endpoint and code. */
  counts: Record<string, Record<string, number>>;
  violations: readonly Violation[];
};

export type CallBook = {
  record(call: Omit<Call, 'at'>): void;
  violate(endpoint: string, kind: Violation['kind']): void;
  report(): CallReport;
  /** The latest calls, the oldest first, at most 100,000. */
  log(): readonly Call[];
  reset(): void;
};

const LOG_LIMIT = 100_000;

export function createCallBook(now: () => number): CallBook {
  const counts = new Map<string, Map<string, number>>();
  let log: Call[] = [];
  let violations: Violation[] = [];
  return {
    record: (call) => {
      const codes = counts.get(call.endpoint) ?? new Map<string, number>();
      counts.set(call.endpoint, codes.set(call.code, (codes.get(call.code) ?? 0) + 1));
      log.push({ at: now(), ...call });
      if (log.length > LOG_LIMIT) log = log.slice(LOG_LIMIT / 10);
    },
    violate: (endpoint, kind) => {
      violations.push({ at: now(), endpoint, kind });
      if (violations.length > LOG_LIMIT) violations = violations.slice(LOG_LIMIT / 10);
    },
    report: () => ({
      counts: Object.fromEntries([...counts].map(([endpoint, codes]) => [endpoint, Object.fromEntries(codes)])),
      violations: [...violations],
    }),
    log: () => log,
    reset: () => {
      counts.clear();
      log = [];
      violations = [];
    },
  };
}
