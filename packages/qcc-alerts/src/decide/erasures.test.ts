import { expect, test } from 'vitest';
import { createErasures } from './erasures.ts';

const company = { corpKeyNo: 'corp', id: null };
const record = { corpKeyNo: 'corp', id: 'change' };

test.each([
  ['an erased company', [company], { corpKeyNo: 'corp', id: 'any' }, true],
  ['a record that held an erased name', [record], { corpKeyNo: 'corp', id: 'change' }, true],
  ['another record of the same company', [record], { corpKeyNo: 'corp', id: 'other' }, false],
  ['another company', [company, record], { corpKeyNo: 'other', id: 'change' }, false],
  ['keys that read alike without a separator', [{ corpKeyNo: 'a|b', id: 'c' }], { corpKeyNo: 'a', id: 'b|c' }, false],
])('%s: erased is %4$s', (_, entries, asked, isErased) => {
  const erasures = createErasures();
  for (const entry of [...entries, ...entries]) erasures.apply(entry);
  expect(erasures.has(asked)).toBe(isErased);
});
