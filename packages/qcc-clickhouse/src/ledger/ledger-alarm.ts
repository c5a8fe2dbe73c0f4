/** A row of the view `orders` that is neither COMPLETE nor closed by a person. */
export type OpenOrder = {
  orderNo: string;
  revision: number;
  status: string;
  reason: string | null;
  /** How many such orders have its status, those that were not read too. */
  ofStatus: number;
};

const OPEN_STATUSES = ['RECEIVED', 'EXTRACTING', 'STORING', 'DETAILS_PENDING', 'INCOMPLETE', 'FAILED'] as const;
/** Statuses of an order that a person has to look at, and may close. */
export const BAD_STATUSES: readonly string[] = ['INCOMPLETE', 'FAILED'] satisfies (typeof OPEN_STATUSES)[number][];

export type LedgerAlarm = {
  /**
   * Evaluates a reading of the ledger: how many orders have each status, zeros included, and which of the orders that were read need a
   * person since this reading, or for a new reason. An order that recovers in between is returned again.
   */
  judge(orders: readonly OpenOrder[]): { counts: ReadonlyMap<string, number>; appeared: readonly OpenOrder[] };
};

export function createLedgerAlarm(): LedgerAlarm {
  let told = new Set<string>();
  return {
    judge(orders) {
      const counts = new Map<string, number>(OPEN_STATUSES.map((status) => [status, 0]));
      for (const { status, ofStatus } of orders) counts.set(status, ofStatus);
      const bad = orders.filter(({ status }) => BAD_STATUSES.includes(status));
      const appeared = bad.filter((order) => !told.has(nameOf(order)));
      told = new Set(bad.map(nameOf));
      return { counts, appeared };
    },
  };
}

const nameOf = ({ orderNo, revision, status, reason }: Omit<OpenOrder, 'ofStatus'>): string =>
  JSON.stringify([orderNo, revision, status, reason]);

/**
 * SQL that says of `account` and `order_no` whether reconcile has found the order on QCC's list. Anybody who has the key can
 * make orders that only a callback names.
 */
export const isListed = (database: string): string =>
  `(account, order_no) IN (SELECT account, arrayJoin(orders.order_no) FROM ${database}.coverage_facts WHERE kind = 'CHECKED')`;
