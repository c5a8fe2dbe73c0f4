import type avsc from 'avsc';

/** What most values fit into. */
const scratch = Buffer.allocUnsafe(65_536);

/**
 * The Avro binary of a value. avsc's own `toBuffer` takes memory of its own, filled with zeros, for every value, which costs
 * more than encoding a short one does.
 * @throws avsc's error where the value is none of the type.
 */
export function encodeAvro(type: avsc.Type, value: unknown): Buffer {
  const end = type.encode(value, scratch);
  return end < 0 ? type.toBuffer(value) : Buffer.from(scratch.subarray(0, end));
}
