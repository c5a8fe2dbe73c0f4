import { z } from 'zod';
import { parseDay, parseShanghaiDateTime } from '../../base/shanghai-time.ts';
import type { DetailPage } from './endpoint.ts';

/** Text as delivered, numbers as their text; absent, null and blank are null. */
export const optionalText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined || String(value).trim() === '' ? null : String(value)));

export const requiredText = optionalText.pipe(z.string({ error: 'is missing or blank' }));

/** `YYYY-MM-DD HH:mm:ss` in Shanghai → ms; null where absent or no such time. */
export const shanghaiDateTime = optionalText.transform((text) =>
  text === null ? null : parseShanghaiDateTime(text.trim()),
);

/** A day, or the day of a time → days since 1970-01-01; null where absent or no such day. */
export const day = optionalText.transform((text) =>
  text === null ? null : parseDay(text.trim().replace(/ \d{2}:\d{2}:\d{2}$/, '')),
);

/** Rows of a list; QCC's null is an empty one. */
export const rowsOf = <Row extends z.ZodType>(row: Row) =>
  z
    .array(row)
    .nullable()
    .transform((rows) => rows ?? []);

/** The rows of a detail list that comes whole, whatever total stands beside it. */
export const wholeListOf = <Row extends z.ZodType>(row: Row) =>
  z
    .object({ resultList: rowsOf(row) })
    .transform(({ resultList }): DetailPage<z.output<Row>> => ({ rows: resultList, total: null }));

const count = optionalText.transform((text) => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null));

/** One page of a detail list; `totalRecords` is flat by the document's table (6.2.9), under `paging` by its example. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z
    .object({ resultList: rowsOf(row), totalRecords: count, paging: z.object({ totalRecords: count }).nullish() })
    .transform(
      ({ resultList, totalRecords, paging }): DetailPage<z.output<Row>> => ({
        rows: resultList,
        total: paging?.totalRecords ?? totalRecords,
      }),
    );
