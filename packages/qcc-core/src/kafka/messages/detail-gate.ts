import type { AvroCodec } from '../../avro/codec.ts';
import type { DetailGate } from '../../contract/domain.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Outgoing } from '../wire/outgoing.ts';

/** An entry on `detail-gate`, for the circuit breaker of detail calls. Fields that do not belong to its state are null. */
export type BreakerEntry = Pick<DetailGate, 'account' | 'since' | 'by'> &
  ({ state: 'OPEN' | 'PROBE' | 'CONSENT' } | ({ state: 'CLOSED' } & ClosedFields));

type ClosedFields = {
  class: 'pause' | 'stop';
  /** Milliseconds since the epoch. */
  until: number;
  reason: string;
  message: string;
};

/** A message for `detail-gate`. Consent has a separate key, so that compaction keeps it in addition to the newest state. */
export function breakerMessage(codec: Pick<AvroCodec, 'encode'>, entry: BreakerEntry): Outgoing {
  const value: DetailGate = { class: null, until: null, reason: null, message: null, ...entry };
  return {
    topic: TOPICS.detailGate,
    key: entry.state === 'CONSENT' ? `${entry.account}|consent` : entry.account,
    value: codec.encode('detail-gate', value),
  };
}
