import type { ErasedRecord } from 'qcc-core/contract/domain';

/** What was erased in one account, as `erased-records` says it. */
export type Erasures = {
  /** Takes a message of the topic. The order of messages does not matter, and repeated ones change nothing. */
  apply(entry: Pick<ErasedRecord, 'corpKeyNo' | 'id'>): void;
  /**
   * Whether the company was erased, or the name of a person in this record. An alert may show a part of the texts that held the name,
   * so the record makes no alert in both cases.
   */
  has(record: { corpKeyNo: string; id: string }): boolean;
};

export function createErasures(): Erasures {
  const companies = new Set<string>();
  const records = new Set<string>();
  const recordKey = (corpKeyNo: string, id: string) => JSON.stringify([corpKeyNo, id]);
  return {
    apply({ corpKeyNo, id }) {
      if (id === null) companies.add(corpKeyNo);
      else records.add(recordKey(corpKeyNo, id));
    },
    has: ({ corpKeyNo, id }) => companies.has(corpKeyNo) || records.has(recordKey(corpKeyNo, id)),
  };
}
