import { expect, test } from 'vitest';
import { BASE, CHANGES } from './changes.ts';
import { schemaProblems } from './compare-schemas.ts';

const ALLOWED = CHANGES.filter(([, , , problem]) => problem === null);
const REFUSED = CHANGES.filter(([, , , problem]) => problem !== null);

test.each(ALLOWED)('%s is allowed', (_name, changed) => {
  expect(schemaProblems(BASE, changed)).toEqual([]);
});

test.each(REFUSED)('%s is refused', (_name, changed, _registryTakes, problem) => {
  expect(schemaProblems(BASE, changed).join('\n')).toMatch(problem!);
});

test('an invalid schema is refused', () => {
  const odd = { type: 'record', name: 'Message', fields: [{ name: 'count', type: 'int', default: 'none' }] } as never;
  expect(schemaProblems(BASE, odd)).toEqual([expect.stringMatching(/^no valid schema: /)]);
});
