import type { FeedRecord } from 'qcc-simulator/feed';

/**
 * What the pipeline has to make of an element that the simulator put into an archive: written from the document, apart
 * from the pipeline's own parser, so that the two check one another.
 */
export type Expected = { fields: Record<string, unknown>; details: Record<string, unknown>[]; hasDetails: boolean };

const text = (value: unknown): string | null => (value === undefined || value === null ? null : String(value));
const filled = (value: unknown): string | null => (text(value) === '' ? null : text(value));
const day = (value: unknown): number | null =>
  typeof value === 'string' && value !== '' ? Date.parse(`${value}T00:00:00Z`) / 86_400_000 : null;
const instant = (seconds: unknown): number | null => (Number(seconds) === 0 ? null : Number(seconds) * 1_000);

export function expectedOf({ element, details }: FeedRecord): Expected {
  const raw = element as Record<string, unknown>;
  const extend = filled(raw.changeExtend);
  return {
    fields: {
      id: raw.id,
      corpKeyNo: raw.corpKeyNo,
      corpName: text(raw.corpName),
      type: String(raw.type),
      typeName: text(raw.typeName),
      category: text(raw.category),
      categoryName: text(raw.categoryName),
      changeContent: text(raw.changeContent),
      changeExtend: text(raw.changeExtend),
      eventDate: extend === null ? null : day((JSON.parse(extend) as { date?: string }).date),
      changeDate: day(raw.changeDate),
      checkId: filled(raw.checkId),
      creditCode: filled(raw.creditCode),
      regNo: filled(raw.regNo),
    },
    details: (details?.rows ?? []).map((row) => detail(details?.endpoint, row)),
    hasDetails: details !== null,
  };
}

function detail(endpoint: string | undefined, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  switch (endpoint) {
    case 'getExceptions':
      return {
        addReason: text(row.addReason),
        addDate: instant(row.addDate),
        removeReason: filled(row.romoveReason),
        removeDate: instant(row.removeDate),
        decisionOffice: text(row.decisionOffice),
        removeDecisionOffice: filled(row.removeDecisionOffice),
      };
    case 'getSeriousViolation':
      return { addDate: day(row.addDate), addOffice: text(row.addOffice), addReason: text(row.addReason) };
    default:
      return {
        id: row.id,
        anno: text(row.anno),
        executeGov: text(row.executeGov),
        executeNo: text(row.executeNo),
        executeStatus: text(row.executeStatus),
        actionTypeName: text(row.actionTypeName),
        lianDate: day(row.lianDate),
        amountRaw: filled(row.amount),
        amount: filled(row.amount),
        publicDate: day(row.publicDate),
      };
  }
}
