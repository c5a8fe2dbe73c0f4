import type { CarriedRecord } from 'qcc-core/avro/carried-record';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import type { Refusal } from 'qcc-core/kafka/refusal';
import type { Emission } from './emission.ts';

/**
 * What is published of a change after Kafka has refused, for good, what was made of it alone. Details go first: without them
 * the change may still pass, and the sink has them from the kept answers. Where there are none to leave out, or leaving them
 * out was in vain, it becomes a dead letter.
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
