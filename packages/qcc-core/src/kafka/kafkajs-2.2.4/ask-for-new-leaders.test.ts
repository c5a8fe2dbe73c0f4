import { expect, test } from 'vitest';
import './ask-for-new-leaders.ts';
import { kafkaJsModule } from './guard.ts';

type ConsumerGroup = { fetch(nodeId: string): Promise<unknown[]> };
const { prototype } = kafkaJsModule<{ prototype: ConsumerGroup }>('consumer/consumerGroup.js');
const { KafkaJSConnectionError, KafkaJSProtocolError } = kafkaJsModule<{
  KafkaJSConnectionError: new (message: string, details: { broker: string }) => Error;
  KafkaJSProtocolError: new (error: object) => Error;
}>('errors.js');

/** A member that fetches from a broker to which kafkajs has one connection and cannot open the other one. */
function groupWhoseFetchFails(error: Error, refreshMetadata = async () => {}) {
  const asked: string[] = [];
  const group: ConsumerGroup = Object.assign(Object.create(prototype), {
    cluster: {
      refreshMetadataIfNecessary: async () => {},
      refreshMetadata: async () => {
        asked.push('leaders');
        await refreshMetadata();
      },
      brokerPool: {
        brokers: {
          1: { brokerAddress: 'kafka-1:9092', disconnect: async () => void asked.push('end of connections to 1') },
          2: { brokerAddress: 'kafka-2:9092', disconnect: async () => void asked.push('end of connections to 2') },
        },
      },
      findBroker: async () => ({
        fetch: async () => {
          asked.push('messages');
          throw error;
        },
      }),
    },
    topics: ['records'],
    subscriptionState: { assigned: () => [{ topic: 'records', partitions: [0] }] },
    checkForStaleAssignment() {},
    filterPartitionsByNode: (_nodeId: string, all: unknown) => all,
    seekOffsets: async () => {},
    offsetManager: { committedOffsets: () => ({ records: { 0: '5' } }), nextOffset: () => '5' },
    getActiveTopicPartitions: () => ({ records: new Set([0]) }),
  });
  return { group, asked };
}

const failure = new KafkaJSConnectionError('Connection timeout', { broker: 'kafka-1:9092' });

test('a consumer that cannot connect to fetch asks another broker for the leaders before it fetches again', async () => {
  const { group, asked } = groupWhoseFetchFails(failure);
  await expect(group.fetch('1')).rejects.toBe(failure);
  expect(asked).toEqual(['messages', 'end of connections to 1', 'leaders']);
});

test('if the leaders cannot be asked for, the fetch fails with its own error, after which kafkajs repeats it', async () => {
  const { group } = groupWhoseFetchFails(failure, async () => {
    throw new Error('no leader is known');
  });
  await expect(group.fetch('1')).rejects.toBe(failure);
});

test('other failures of a fetch are handled as before', async () => {
  const refusal = new KafkaJSProtocolError({ type: 'TOPIC_AUTHORIZATION_FAILED', message: 'not allowed' });
  const { group, asked } = groupWhoseFetchFails(refusal);
  await expect(group.fetch('1')).rejects.toBe(refusal);
  expect(asked).toEqual(['messages']);
});
