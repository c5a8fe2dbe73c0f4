import avsc, { type Schema } from 'avsc';
import type { Composed } from 'qcc-core/avro/composed';
import { loadSchema } from 'qcc-core/avro/schemas';
import { encodeAvro } from 'qcc-core/avro/types';
import { LISTS_AT, LISTS_END } from 'qcc-details/packed-details';
import type { Enrichment } from 'qcc-details/to-enriched';

const { fields } = loadSchema('enriched-records') as unknown as { fields: { name: string }[] };
if (fields[0]?.name !== 'record' || fields.slice(LISTS_END).some(({ name }) => name !== 'version')) {
  throw new Error('an enriched record does not begin with its record, or does not end with its lists and its version');
}
const HEAD = avsc.Type.forSchema({
  type: 'record',
  name: 'Head',
  fields: fields.slice(1, LISTS_AT),
} as unknown as Schema);

/**
 * The Avro binary of what stands behind a record: its lists are copied as they were packed, and a version is its bytes.
 * @see Avro specification, "Binary Encoding", Records and Fixed
 */
export function encodeEnrichment(enrichment: Enrichment): Composed {
  const { lists, version } = enrichment;
  const head = encodeAvro(HEAD, enrichment);
  return {
    byteLength: head.length + lists.length + version.length,
    writeTo(target, offset) {
      let at = offset + head.copy(target, offset);
      at += target.write(lists, at, 'latin1');
      target.set(version, at);
      return at + version.length;
    },
  };
}
