import type { AvroCodec } from 'qcc-core/avro/codec';
import type { DeadLetterAction } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { KafkaSide } from '../connect-kafka.ts';

/** Whoever acts on dead letters writes by this name (see `openFencedWriter`). */
export const DEAD_LETTER_WRITER = 'dead-letters';

/** An action as a message for `dead-letter-actions`. */
export const toDeadLetterNote = (
  codec: Pick<AvroCodec, 'encode'>,
  note: DeadLetterAction & { action: 'REPLAYED' | 'DISCARDED' },
): Outgoing => ({
  topic: TOPICS.deadLetterActions,
  key: note.deadLetterId,
  value: codec.encode('dead-letter-actions', note),
});

/** Ids of the dead letters that were replayed or discarded. */
export async function readSettledIds({ kafka, settings }: KafkaSide): Promise<Set<string>> {
  const settled = new Set<string>();
  const prefix = settings.TOPIC_PREFIX;
  const topic = topicName(prefix, TOPICS.deadLetterActions);
  await readTopic({ kafka, topic, prefix, onMessage: ({ key }) => void settled.add(String(key)) });
  return settled;
}
