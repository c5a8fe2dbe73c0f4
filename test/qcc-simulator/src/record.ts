import type { Change } from './changes.ts';
import type { Company } from './companies.ts';
import type { Details } from './details.ts';
import type { Order } from './orders.ts';
import type { Random } from './random.ts';

/** An element of an archive's `result` as its JSON has it, and the details that QCC answers for it. */
export type FeedRecord = {
  position: number;
  element: unknown;
  /**
   * Null where there is nothing to ask: another type, no checkId, no record. Where a later order brings the same
   * checkId again (`repeatCheckId: 'same'`), these are the details until then.
   */
  details: Details | null;
};

export type RecordFields = Readonly<Record<string, string | number>> & {
  id: string;
  corpKeyNo: string;
  checkId: string;
};

/** The company and the details behind a checkId. */
export type DetailAnswer = { corpKeyNo: string; details: Details };

/** Makes the records of the orders of one kind. Everything is made when asked for. */
export type RecordSource = {
  elementAt(order: Order, position: number): unknown;
  recordAt(order: Order, position: number): FeedRecord;
  /** The answer to the checkId of this position; undefined if its type has no details or it has no checkId. */
  detailsAt(order: Order, position: number): DetailAnswer | undefined;
};

type Told = { id: string; type: string; company: Company; change: Change; checkId: string };

/**
 * A record with the fields of the document (6.2.6).
 * @param oneIn one record in so many has an empty creditCode, and as many have none; regNo alike. The document shows both.
 */
export function recordFields(
  { order, random, oneIn }: { order: Order; random: Random; oneIn: number },
  { id, type, company, change, checkId }: Told,
): RecordFields {
  const { typeName, category, categoryName, changeContent, changeExtend, changeDate } = change;
  const code = (text: string) => (order.numericCodes ? Number(text) : order.blankCodes ? ` ${text}` : text);
  return {
    id,
    corpKeyNo: company.corpKeyNo,
    corpName: company.corpName,
    type: code(type),
    typeName,
    category: code(category),
    categoryName,
    // The document's two examples differ in the order of these.
    ...(random.chance(0.5) ? { changeExtend, changeContent } : { changeContent, changeExtend }),
    changeDate,
    checkId,
    ...sometimes(random.int(0, oneIn - 1), 'creditCode', company.creditCode),
    ...sometimes(random.int(0, oneIn - 1), 'regNo', company.regNo),
    ...(order.unknownField ? { riskScore: random.int(0, 100) } : {}),
  };
}

function sometimes(draw: number, name: string, value: string): Record<string, string> {
  if (draw === 0) return {};
  return { [name]: draw === 1 ? '' : value };
}
