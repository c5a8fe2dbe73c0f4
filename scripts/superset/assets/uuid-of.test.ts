import { expect, test } from 'vitest';
import { uuidOf } from './uuid-of.ts';

test('the same name has the same UUID of version 5, and another name another one', () => {
  expect(uuidOf('chart a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidOf('chart a')).toBe(uuidOf('chart a'));
  expect(uuidOf('chart b')).not.toBe(uuidOf('chart a'));
});
