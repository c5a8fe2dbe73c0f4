import avsc from 'avsc';
import { loadSchema } from 'qcc-core/avro/schemas';
import type { TestBed } from './pipeline.ts';
import { readTopic } from './read-topic.ts';

/** A topic's values, decoded with the schemas in `schemas/` as a subscriber in another language would. */
export async function readAvro<Value>(
  bed: TestBed,
  topic: 'orders' | 'records' | 'enriched-records' | 'order-events' | 'erased-records',
): Promise<Value[]> {
  const type = avsc.Type.forSchema(loadSchema(topic));
  const messages = await readTopic(bed.stack.KAFKA_BROKERS, `${bed.prefix}${topic}`);
  return messages.map(({ value }) => type.fromBuffer((value ?? Buffer.alloc(0)).subarray(5)) as Value);
}
