/**
 * SQL that says of `account` and `order_no` whether reconcile has found the order on QCC's list. Anybody who has the key can
 * make orders that only a callback names.
 */
export const isListed = (database: string): string =>
  `(account, order_no) IN (SELECT account, arrayJoin(orders.order_no) FROM ${database}.coverage_facts WHERE kind = 'CHECKED')`;
