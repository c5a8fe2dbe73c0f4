import type { AvroCodec } from 'qcc-core/avro/codec';
import type { DetailGate } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';

/** What is said on `detail-gate`; what does not belong to the state is null. */
export type GateEntry = Pick<DetailGate, 'account' | 'since' | 'by'> &
  ({ state: 'OPEN' | 'PROBE' | 'CONSENT' } | ({ state: 'CLOSED' } & ClosedFields));

type ClosedFields = {
  class: 'pause' | 'stop';
  /** Milliseconds since the epoch. */
  until: number;
  reason: string;
  message: string;
};

/** A message for `detail-gate`. Consent has a key of its own: compaction keeps it beside the newest state. */
export function gateMessage(codec: Pick<AvroCodec, 'encode'>, entry: GateEntry): Outgoing {
  const value: DetailGate = { class: null, until: null, reason: null, message: null, ...entry };
  return {
    topic: TOPICS.detailGate,
    key: entry.state === 'CONSENT' ? `${entry.account}|consent` : entry.account,
    value: codec.encode('detail-gate', value),
  };
}
