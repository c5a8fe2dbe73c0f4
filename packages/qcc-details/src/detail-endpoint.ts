import type { EnrichedRecord } from 'qcc-core/contract/domain';
import type { DetailClient } from 'qcc-core/qcc/kept-client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';

/** The details of one change, whichever endpoint they came from; the other endpoints' lists are empty. */
export type Details = Pick<EnrichedRecord, 'exceptions' | 'seriousViolations' | 'dishonestDebtors'> & {
  /** How many rows QCC has, never fewer than are here. */
  total: number;
};

/** One kind of details: for which changes QCC has them, and how to ask. To add one: ARCHITECTURE.md, "How to add". */
export type DetailEndpoint = {
  /** The endpoint's name in the document. */
  name: string;
  /** The 监测类型 that has these details. */
  type: string;
  /** All pages. QCC's refusals are outcomes; exceptions are what the client throws. */
  ask(
    client: DetailClient,
    input: { corpKeyNo: string; checkId: string },
    options: { signal: AbortSignal },
  ): Promise<QccOutcome<Details>>;
};

export const NO_DETAILS: Details = { exceptions: [], seriousViolations: [], dishonestDebtors: [], total: 0 };

/** The same outcome with a success's value as details. */
export const asDetails = <Value>(
  outcome: QccOutcome<Value>,
  toDetails: (value: Value) => Partial<Details> & { total: number },
): QccOutcome<Details> =>
  outcome.kind === 'success' ? { ...outcome, value: { ...NO_DETAILS, ...toDetails(outcome.value) } } : outcome;
