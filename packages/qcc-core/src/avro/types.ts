import avsc from 'avsc';
import { type AvroTopic, loadSchema } from './schemas.ts';

const types = new Map<AvroTopic, avsc.Type>();

/** The Avro type of a topic's value in this version's schema, built once. */
export function avroType(topic: AvroTopic): avsc.Type {
  const known = types.get(topic);
  if (known) return known;
  const type = avsc.Type.forSchema(loadSchema(topic));
  types.set(topic, type);
  return type;
}
