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

/** Most values fit into it. */
const scratch = Buffer.allocUnsafe(65_536);

/**
 * The Avro binary of a value. avsc's `toBuffer` allocates memory that is filled with zeros for every value, which costs more than
 * encoding a short one.
 * @throws avsc's error if the value is not of the type.
 */
export function encodeAvro(type: avsc.Type, value: unknown): Buffer {
  const end = type.encode(value, scratch);
  return end < 0 ? type.toBuffer(value) : Buffer.from(scratch.subarray(0, end));
}
