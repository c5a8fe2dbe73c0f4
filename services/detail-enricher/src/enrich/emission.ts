import type { CarriedRecord } from 'qcc-core/avro/carried-record';
import type { Rest } from 'qcc-core/avro/carrier';
import type { ChangeRecord } from 'qcc-core/contract/domain';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { SettledResult } from 'qcc-details/detail-result';

/** A change that waits for its details, as it stands on `pending-details`. */
export type PendingEntry = Rest<'pending-details'> & { record: CarriedRecord };

/** What a transaction says about one occurrence. */
export type Emission =
  /**
   * Its settled version, with a dead letter if its details failed. `waited`: it has an entry on `pending-details`, which this
   * removes. `bare`: without its details, whatever their size.
   */
  | {
      kind: 'settled';
      record: CarriedRecord;
      result: SettledResult;
      waited: boolean;
      deadLetter?: Outgoing;
      bare?: true;
    }
  /** Nothing for subscribers yet: it waits for its details. */
  | { kind: 'waiting'; entry: PendingEntry }
  /** No version, because Kafka refuses it: a dead letter. If it `waited`, its entry is removed. */
  | { kind: 'refused'; record: CarriedRecord; waited: boolean; deadLetter: Outgoing }
  /** Its pending version: it has waited long enough, or need not begin to. */
  | { kind: 'pending'; entry: PendingEntry; reason: string };

/** Key of an occurrence on `pending-details`. */
export const occurrenceKey = ({
  account,
  orderNo,
  revision,
  position,
}: Pick<ChangeRecord, 'account' | 'orderNo' | 'revision' | 'position'>): string =>
  `${account}|${orderNo}|${revision}|${position}`;
