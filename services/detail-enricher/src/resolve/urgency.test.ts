import { expect, test } from 'vitest';
import { type Urgency, urgencyOf } from './urgency.ts';

test.each<[category: string | null, urgency: Urgency, why: string]>([
  ['1', 0, 'the highest risk'],
  ['2', 1, ''],
  ['3', 2, ''],
  ['4', 0, 'a level nobody knows'],
  [null, 0, 'no level at all'],
])('级别 %s has urgency %d %s', (category, urgency) => {
  expect(urgencyOf({ category })).toBe(urgency);
});
