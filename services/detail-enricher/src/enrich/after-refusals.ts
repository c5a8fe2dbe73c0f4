import type { CarriedRecord } from 'qcc-core/avro/carried-record';
import type { Refusal } from 'qcc-core/kafka/client/refusal';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { Emission } from './emission.ts';

/**
 * Decides how a change goes on after Kafka has permanently refused a transaction with this change alone. Its details are left
 * out first: without them the change may pass, and the sink reads them from the kept responses. If it has no details, or is
 * refused without them too, it becomes a dead letter.
 * @param refusals The oldest first.
 */
export function afterRefusals(
  emission: Emission,
  refusals: readonly Refusal[],
  input: {
    /** Whether its entry is on `pending-details`. */
    waited: boolean;
    toLetter: (record: CarriedRecord, refusal: Refusal) => Outgoing;
  },
): Emission {
  const refusal = refusals.at(-1);
  if (!refusal || emission.kind === 'refused') return emission;
  const isEnriched = emission.kind === 'settled' && emission.result.status === 'ENRICHED';
  if (isEnriched && refusals.length === 1) return { ...emission, bare: true };
  const record = emission.kind === 'settled' ? emission.record : emission.entry.record;
  return { kind: 'refused', record, waited: input.waited, deadLetter: input.toLetter(record, refusal) };
}
