import avsc, { type Schema } from 'avsc';
import type { EnrichedRecord, PendingDetail } from '../contract/generated/topics.ts';
import { loadSchema } from './schemas.ts';

/** The topics whose values begin with a whole record. */
type Carriers = { 'enriched-records': EnrichedRecord; 'pending-details': PendingDetail };
export type CarrierTopic = keyof Carriers;
/** The fields after the record. */
export type Rest<Topic extends CarrierTopic> = Omit<Carriers[Topic], 'record'>;

const restTypes = new Map<CarrierTopic, avsc.Type>();

/**
 * The type of the fields after the record. Avro writes the fields of a record one after the other, without anything between them, so
 * a value of the topic is the binary of its record followed by the binary of this type.
 * @see Avro specification, "Binary Encoding", Records
 */
export function restType(topic: CarrierTopic): avsc.Type {
  const known = restTypes.get(topic);
  if (known) return known;
  const schema = loadSchema(topic) as { fields: { name: string }[] };
  const [first, ...fields] = schema.fields;
  if (first?.name !== 'record') throw new Error(`a value of ${topic} does not begin with its record`);
  const type = avsc.Type.forSchema({ ...schema, fields } as Schema);
  restTypes.set(topic, type);
  return type;
}
