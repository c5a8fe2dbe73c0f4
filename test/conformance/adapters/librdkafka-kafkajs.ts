import type { OpenClient } from '../client.ts';
import { openKafkaJs } from './kafkajs.ts';
import { openLibrdkafka } from './librdkafka.ts';

/** librdkafka writes, kafkajs reads. */
export const openLibrdkafkaWithKafkaJs: OpenClient = async (options) => {
  const [{ openTransactional, openIdempotent }, reading] = await Promise.all([
    openLibrdkafka(options),
    openKafkaJs(options),
  ]);
  return { ...reading, openTransactional, openIdempotent };
};
