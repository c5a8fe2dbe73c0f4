import avsc, { type Schema } from 'avsc';
import type { AvroTopic } from './schemas.ts';
import { avroType } from './types.ts';
import { UndecodableError } from './undecodable-error.ts';

/**
 * Reads some fields of a topic's value and skips the others, which costs a fraction of decoding them.
 * @param reader The wanted part of the topic's schema: the same names, fewer fields.
 * @returns a function that reads a value's Avro binary (in this version's schema, see `AvroCodec.body`). It throws UndecodableError
 *   if the value is incomplete or something follows it.
 * @see Avro specification, "Schema Resolution"
 */
export function createProjection<Value>(topic: AvroTopic, reader: Schema): (body: Buffer) => Value {
  const read = createLeadingProjection<Value>(topic, reader);
  return (body) => {
    const { value, end } = read(body);
    if (end < body.length) throw undecodable(topic, new Error('trailing data'));
    return value;
  };
}

/** The same for a value that something else may follow. `end` is the offset at which the value ends. */
export function createLeadingProjection<Value>(
  topic: AvroTopic,
  reader: Schema,
): (body: Buffer) => { value: Value; end: number } {
  const type = avsc.Type.forSchema(reader);
  const resolver = type.createResolver(avroType(topic));
  return (body) => {
    let read: { value: Value; offset: number };
    try {
      read = type.decode(body, 0, resolver);
    } catch (error) {
      throw undecodable(topic, error);
    }
    if (read.offset < 0) throw undecodable(topic, new Error('truncated buffer'));
    return { value: read.value, end: read.offset };
  };
}

const undecodable = (topic: AvroTopic, cause: unknown): UndecodableError =>
  new UndecodableError(`a message of ${topic} does not decode with its schema`, { cause });
