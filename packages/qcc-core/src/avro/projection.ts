import avsc, { type Schema } from 'avsc';
import { UndecodableError } from './codec.ts';
import type { AvroTopic } from './schemas.ts';
import { avroType } from './types.ts';

/**
 * Reads some fields of a topic's value and skips the others, which costs a fraction of decoding them.
 * @param reader The wanted part of the topic's schema: the same names, fewer fields.
 * @returns What reads a value's Avro binary (in this version's schema, see `AvroCodec.body`); it throws UndecodableError
 *   where the whole value is not there or something follows it.
 * @see Avro specification, "Schema Resolution"
 */
export function createProjection<Value>(topic: AvroTopic, reader: Schema): (body: Buffer) => Value {
  const type = avsc.Type.forSchema(reader);
  const resolver = type.createResolver(avroType(topic));
  return (body) => {
    try {
      return type.fromBuffer(body, resolver);
    } catch (error) {
      throw new UndecodableError(`a message of ${topic} does not decode with its schema`, { cause: error });
    }
  };
}
