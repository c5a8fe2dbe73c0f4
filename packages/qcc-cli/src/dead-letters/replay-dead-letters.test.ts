import type { Kafka, ProducerConfig } from 'kafkajs';
import { expect, test } from 'vitest';
import type { KafkaSide } from '../connect-kafka.ts';
import type { DeadLetter } from './dead-letter.ts';
import { replayDeadLetters } from './replay-dead-letters.ts';

/** Producers whose sends fail while the request may still be on its way; `said` is what the coordinator is told, by producer. */
function failingKafka(): { kafka: Kafka; said: string[] } {
  const said: string[] = [];
  let producers = 0;
  const kafka = {
    producer({ transactionalId }: ProducerConfig) {
      producers += 1;
      const name = `producer ${producers} of ${transactionalId}`;
      let isInitialized = false;
      return {
        connect: async () => {},
        disconnect: async () => {},
        async transaction() {
          if (!isInitialized) said.push(`${name}: InitProducerId`);
          isInitialized = true;
          let isEmpty = true;
          return {
            isActive: () => true,
            async sendBatch() {
              isEmpty = false;
              throw new Error('no response');
            },
            async abort() {
              // kafkajs sends nothing for an empty transaction.
              if (!isEmpty) said.push(`${name}: EndTxn`);
            },
          };
        },
      };
    },
  } as unknown as Kafka;
  return { kafka, said };
}

test('a replay that fails lets a new producer id end its transaction, as its message may still be on its way', async () => {
  const { kafka, said } = failingKafka();
  const side = {
    kafka,
    codec: { encode: () => Buffer.from('value') },
    settings: { TOPIC_PREFIX: 'qcc.' },
  } as unknown as KafkaSide;
  const deadLetters = [{ id: 'dead-letters/0/1', account: 'main' } as DeadLetter];
  const units = [{ kind: 'order' as const, account: 'main', orderNo: 'DD1', deadLetters }];
  await expect(replayDeadLetters(side, { units, again: true, now: 0, onDone: () => {} })).rejects.toThrow(
    'no response',
  );
  expect(said).toEqual([
    'producer 1 of qcc.qcc-cli.dead-letters: InitProducerId',
    'producer 2 of qcc.qcc-cli.dead-letters: InitProducerId',
  ]);
});
