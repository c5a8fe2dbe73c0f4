import type { Rest } from 'qcc-core/avro/carrier';
import type { PassThroughRecord } from 'qcc-core/avro/pass-through-record';
import type { Occurrence } from 'qcc-core/contract/domain';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { SettledResult } from 'qcc-details/detail-result';

/** A change whose details are not settled, as it is on `pending-details`. */
export type PendingEntry = Rest<'pending-details'> & { record: PassThroughRecord };

/** What one transaction does with one occurrence. */
export type Decision =
  /**
   * Its settled version, with a dead letter if its details failed. `hasEntry`: it has an entry on `pending-details`, which this
   * removes. `bare`: without its details, whatever their size.
   */
  | {
      kind: 'settled';
      record: PassThroughRecord;
      result: SettledResult;
      hasEntry: boolean;
      deadLetter?: Outgoing;
      bare?: true;
    }
  /** No version yet: its entry goes to `pending-details`, and its details are looked up. */
  | { kind: 'deferred'; entry: PendingEntry }
  /** No version, because Kafka refuses it: a dead letter. If it has an entry, that is removed. */
  | { kind: 'refused'; record: PassThroughRecord; hasEntry: boolean; deadLetter: Outgoing }
  /** Its pending version, because its details take too long or cannot be looked up now. Its entry stays or is added. */
  | { kind: 'pending'; entry: PendingEntry; reason: string };

/** Key of an occurrence on `pending-details`. */
export const occurrenceKey = ({ account, orderNo, revision, position }: Occurrence): string =>
  `${account}|${orderNo}|${revision}|${position}`;
