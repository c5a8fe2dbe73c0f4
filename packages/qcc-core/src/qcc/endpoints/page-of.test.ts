import { expect, test } from 'vitest';
import { z } from 'zod';
import { pageOf, requiredText } from './fields.ts';

const pages = pageOf(z.object({ id: requiredText }));
const read = (resultList: unknown[], totalRecords?: number) => pages.parse({ resultList, totalRecords });

test('of a list with more rows than are read, the total says how many there are', () => {
  const { rows, odd, total } = read(new Array(250_000).fill(0), 3);
  expect({ rows: rows.length, odd: odd.length, total }).toEqual({ rows: 0, odd: 10_000, total: 250_000 });
});

test('a list that is read whole has the total that QCC says', () => {
  expect(read([{ id: 'a' }, 0], 7)).toEqual({ rows: [{ id: 'a' }], odd: ['0'], total: 7 });
});
