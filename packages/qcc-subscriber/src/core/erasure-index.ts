import type { ErasedRecord } from '../generated/topics.ts';

type RecordIdentity = { account: string; corpKeyNo: string; id: string };

/** What was erased, by the newest message of each key. */
export type ErasureIndex = {
  /** Takes a message; messages of a key come in their order. @param erasure Null for a tombstone. */
  apply(key: string, erasure: ErasedRecord | null): void;
  /**
   * Whether a record must not be handed over. ClickHouse has the records of which only a name was erased, without the name; the topics
   * keep the name until their retention ends.
   */
  isErased(record: RecordIdentity, from: 'history' | 'topic'): boolean;
  /** Erasures that were not marked as handled, in the order in which they came. */
  pending(): ErasedRecord[];
  markHandled(erasure: ErasedRecord): void;
};

export function createErasureIndex(): ErasureIndex {
  const known = new Map<string, ErasedRecord>();
  /** The values of `known`, by what they are about. */
  const erased = new Map<string, ErasedRecord>();
  const pending = new Set<ErasedRecord>();

  return {
    apply(key, erasure) {
      const before = known.get(key);
      if (before) {
        pending.delete(before);
        erased.delete(nameOf(before));
      }
      known.delete(key);
      if (!erasure) return;
      known.set(key, erasure);
      erased.set(nameOf(erasure), erasure);
      pending.add(erasure);
    },
    isErased({ account, corpKeyNo, id }, from) {
      if (erased.size === 0) return false;
      if (erased.has(nameOf({ account, corpKeyNo, id: null }))) return true;
      const extent = erased.get(nameOf({ account, corpKeyNo, id }))?.extent;
      return extent !== undefined && (extent !== 'NAME' || from === 'topic');
    },
    pending: () => [...pending],
    markHandled: (erasure) => void pending.delete(erasure),
  };
}

/** Whether an erasure is about a record: about all records of its company, or this one. */
export const isAbout = (erasure: ErasedRecord, { account, corpKeyNo, id }: RecordIdentity): boolean =>
  erasure.account === account && erasure.corpKeyNo === corpKeyNo && (erasure.id === null || erasure.id === id);

const nameOf = ({ account, corpKeyNo, id }: Pick<ErasedRecord, 'account' | 'corpKeyNo' | 'id'>): string =>
  JSON.stringify([account, corpKeyNo, id]);
