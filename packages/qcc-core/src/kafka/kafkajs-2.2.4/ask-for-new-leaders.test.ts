import { expect, test } from 'vitest';
import './ask-for-new-leaders.ts';
import { kafkaJsModule } from './guard.ts';

type ConsumerGroup = { fetch(nodeId: string): Promise<unknown[]> };
const { prototype } = kafkaJsModule<{ prototype: ConsumerGroup }>('consumer/consumerGroup.js');
const { KafkaJSConnectionError, KafkaJSProtocolError } = kafkaJsModule<{
  KafkaJSConnectionError: new (message: string) => Error;
  KafkaJSProtocolError: new (error: object) => Error;
}>('errors.js');

/** A member that fetches from a broker to which kafkajs has one connection and cannot open the other one. */
function groupWhoseFetchFails(error: Error) {
  const asked: string[] = [];
  const group: ConsumerGroup = Object.assign(Object.create(prototype), {
    cluster: {
      refreshMetadataIfNecessary: async () => {},
      refreshMetadata: async () => void asked.push('leaders'),
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

test('a consumer that cannot connect to fetch asks for the leaders before it fetches again', async () => {
  const failure = new KafkaJSConnectionError('Connection timeout');
  const { group, asked } = groupWhoseFetchFails(failure);
  await expect(group.fetch('1')).rejects.toBe(failure);
  expect(asked).toEqual(['messages', 'leaders']);
});

test('other failures of a fetch are handled as before', async () => {
  const failure = new KafkaJSProtocolError({ type: 'TOPIC_AUTHORIZATION_FAILED', message: 'not allowed' });
  const { group, asked } = groupWhoseFetchFails(failure);
  await expect(group.fetch('1')).rejects.toBe(failure);
  expect(asked).toEqual(['messages']);
});
