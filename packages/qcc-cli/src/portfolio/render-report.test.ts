import { expect, test } from 'vitest';
import type { Report } from './read-report.ts';
import { renderReport } from './render-report.ts';

const NONE = { count: 0, shown: [] };
const report = (firstDay: string | null): Report => ({
  members: 1,
  loadedAt: null,
  matched: { CREDIT_CODE: 1, REG_NO: 0, NAME: 0, FORMER_NAME: 0 },
  ambiguous: NONE,
  otherCreditCode: NONE,
  neverInFeed: NONE,
  firstDay,
});

test.each([
  ['2026-03-16', 'The first day of the feed is 2026-03-16. '],
  [null, 'No order has arrived yet.\n'],
])('the report says when the feed begins (%s), and does not call its days complete', (firstDay, line) => {
  const text = renderReport({ account: 'main', portfolio: 'default' }, report(firstDay), undefined);
  expect(text).toContain(line);
  expect(text).not.toContain('covered');
});
