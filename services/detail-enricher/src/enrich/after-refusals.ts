import type { PassThroughRecord } from 'qcc-core/avro/pass-through-record';
import type { Refusal } from 'qcc-core/kafka/client/refusal';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { Decision } from './decision.ts';

/**
 * Decides how a change goes on after Kafka has permanently refused a transaction with this change alone. Its details are left
 * out first: without them the change may pass, and the sink reads them from the kept responses. If it has no details, or is
 * refused without them too, it becomes a dead letter.
 * @param refusals The oldest first.
 */
export function afterRefusals(
  decision: Decision,
  refusals: readonly Refusal[],
  input: {
    /** Whether its entry is on `pending-details`. */
    hasEntry: boolean;
    toDeadLetter: (record: PassThroughRecord, refusal: Refusal) => Outgoing;
  },
): Decision {
  const refusal = refusals.at(-1);
  if (!refusal || decision.kind === 'refused') return decision;
  const isEnriched = decision.kind === 'settled' && decision.result.status === 'ENRICHED';
  if (isEnriched && refusals.length === 1) return { ...decision, bare: true };
  const record = decision.kind === 'settled' ? decision.record : decision.entry.record;
  return { kind: 'refused', record, hasEntry: input.hasEntry, deadLetter: input.toDeadLetter(record, refusal) };
}
