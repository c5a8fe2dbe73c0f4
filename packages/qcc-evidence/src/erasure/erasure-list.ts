import type { Kafka } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Erasure } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { topicOffsets } from 'qcc-core/kafka/client/topic-offsets';
import { createEraser, type Eraser } from './eraser.ts';
import { createErasureKey } from './subject.ts';

/**
 * Returns the erasures up to the call, from the topic `erasures`. Each call asks for the end of the topic, and reads the topic again
 * if the end has moved. So a caller that calls this before it writes does not write anything that was erased before the call.
 * @throws ErasureKeyError, and what Kafka and the registry say.
 */
export type ReadErasures = () => Promise<Eraser>;

export function openErasureList(input: {
  kafka: Kafka;
  prefix: string;
  codec: Pick<AvroCodec, 'decode'>;
  /** ERASURE_KEY; may be absent while nothing is erased. */
  key: string | undefined;
}): ReadErasures {
  const { kafka, prefix, codec } = input;
  const key = input.key === undefined ? null : createErasureKey(input.key);
  const topic = topicName(prefix, TOPICS.erasures);
  let known: { end: string; eraser: Eraser } | undefined;
  return async () => {
    const offsets = await topicOffsets(kafka, topic);
    const end = [...offsets].map(([partition, { to }]) => `${partition}:${to}`).join();
    if (known?.end === end) return known.eraser;
    const erasures = new Map<string, Erasure>();
    await readTopic({
      kafka,
      prefix,
      topic,
      async onMessage({ key: name, value }) {
        if (value === null) erasures.delete(String(name));
        else erasures.set(String(name), await codec.decode('erasures', value));
      },
    });
    known = { end, eraser: createEraser(key, erasures.values()) };
    return known.eraser;
  };
}
