import type { EnrichedRecord } from 'qcc-core/contract/domain';
import type { DetailClient } from 'qcc-core/qcc/kept-client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import type { AllPages, IncompleteReason } from 'qcc-core/qcc/read-all-pages';
import { type DetailList, fieldsOf, isParsed, rawName } from './detail-endpoint.ts';
import type { DetailRequest } from './detail-need.ts';
import { DETAIL_ENDPOINTS } from './generated/all.ts';

type ListName = {
  [Name in keyof EnrichedRecord]: EnrichedRecord[Name] extends unknown[] ? Name : never;
}[keyof EnrichedRecord];

/** The details of one change, whichever endpoint they came from; the other endpoints' lists are empty. */
export type Details = Pick<EnrichedRecord, ListName> & {
  /** How many rows QCC has, never fewer than are here. */
  total: number;
  /** How many of them cannot be read and are not here. The kept response has them. */
  oddRows: number;
  /** Null where the list is complete. */
  incompleteReason: IncompleteReason | null;
};

/** The number of dates and amounts, by field, that cannot be parsed and are in the rows only as the text that QCC sent. */
export type Unparsed = Readonly<Record<string, number>>;

export const NO_LISTS = Object.fromEntries(DETAIL_ENDPOINTS.map(({ list }) => [list.name, []])) as unknown as Pick<
  EnrichedRecord,
  ListName
>;

export const NO_DETAILS: Details = { ...NO_LISTS, total: 0, oddRows: 0, incompleteReason: null };

/** If a later page fails, the whole list has to be requested, and paid for, again. Later pages therefore get more attempts. */
const LATER_PAGES = { attempts: 6, alsoLater: true };

/** All pages. QCC's refusals are outcomes; exceptions are what the client throws. */
export async function askDetails(
  client: DetailClient,
  { endpoint, corpKeyNo, checkId }: DetailRequest,
  options: { signal: AbortSignal },
): Promise<QccOutcome<Details>> {
  const input = { corpKeyNo, checkId };
  const outcome = await client.getDetails(endpoint.call, input, { ...options, retryLaterPages: LATER_PAGES });
  if (outcome.kind !== 'success') return outcome;
  const { rows, ...counts }: AllPages<object> = outcome.value;
  return { ...outcome, value: { ...NO_DETAILS, [endpoint.list.name]: rows, ...counts } };
}

/** The lists alone, as `enriched-records` has them. */
export const listsOf = (details: Details): Pick<EnrichedRecord, ListName> =>
  Object.fromEntries(
    DETAIL_ENDPOINTS.map(({ list }) => [list.name, details[list.name as ListName]]),
  ) as typeof NO_LISTS;

export function unparsedOf(list: DetailList, details: Details): Unparsed {
  const rows: readonly object[] = details[list.name as ListName];
  const counts: Record<string, number> = {};
  for (const field of fieldsOf(list).filter(isParsed)) {
    const count = rows.filter(
      (row) => Reflect.get(row, field.name) === null && (Reflect.get(row, rawName(field)) ?? null) !== null,
    ).length;
    if (count > 0) counts[field.name] = count;
  }
  return counts;
}
