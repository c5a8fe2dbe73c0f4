import { z } from 'zod';
import { readInstant } from '../../base/read-date.ts';
import type { DetailPage } from './endpoint.ts';
import { jsonText } from './extra-fields.ts';

/** Text as delivered, numbers as their text; absent, null and blank are null. */
export const optionalText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined || String(value).trim() === '' ? null : String(value)));

export const requiredText = optionalText.pipe(z.string({ error: 'is missing or blank' }));

/** A date in any form that `readInstant` reads → ms since the epoch; null if it is absent or unreadable. */
export const optionalInstant = optionalText.transform((text) => (text === null ? null : readInstant(text)));

/** Rows of a list; QCC's null is an empty one. */
export const rowsOf = <Row extends z.ZodType>(row: Row) =>
  z
    .array(row)
    .nullable()
    .transform((rows) => rows ?? []);

/** Null where it is not a count. */
const count = z
  .union([z.string(), z.number()])
  .nullish()
  .catch(null)
  .transform((value) => (/^\s*\d{1,9}\s*$/.test(String(value ?? '')) ? Number(value) : null));

/** A response of 2 MiB can hold a million rows, and reading them would hold up everything else for seconds. */
const MOST_ROWS = 10_000;

/**
 * One page of a detail list, or a list that comes whole. An unreadable row does not affect the others and is returned as
 * JSON. A `result` of null instead of the list is an empty list. `totalRecords` is at the top level according to the document's table
 * (6.2.9), and under `paging` according to its example. Both are read.
 */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z
    .object({
      resultList: rowsOf(z.unknown()).optional(),
      result: z.unknown().optional(),
      totalRecords: count,
      paging: z.object({ totalRecords: count }).nullish().catch(null),
    })
    .refine(({ resultList, result }) => resultList !== undefined || result === null, {
      path: ['resultList'],
      error: 'is missing',
    })
    .transform(({ resultList = [], totalRecords, paging }): DetailPage<z.output<Row>> => {
      const rows: z.output<Row>[] = [];
      const odd: string[] = [];
      for (const delivered of resultList.slice(0, MOST_ROWS)) {
        const read = row.safeParse(delivered);
        if (read.success) rows.push(read.data);
        else odd.push(jsonText(delivered) ?? 'nested too deep');
      }
      const total = paging?.totalRecords ?? totalRecords;
      // Rows that are not read are missing: the total tells it.
      return { rows, odd, total: resultList.length > MOST_ROWS ? Math.max(total ?? 0, resultList.length) : total };
    });
