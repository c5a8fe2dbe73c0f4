/**
 * Makes a consumer of kafkajs 2.2.4 ask for the leaders again when a fetch fails because of its connection. Importing this file is
 * enough.
 *
 * kafkajs has two connections to a broker, one of them for fetches, and takes the broker for connected while either is open. If a
 * broker hangs before the one for fetches is open, kafkajs repeats the fetch with the leaders that it knows, until it gives up
 * about 20 s later.
 */
import { setImmediate } from 'node:timers/promises';
import { kafkaJsModule, requireShape } from './guard.ts';

type Broker = { brokerAddress: string; disconnect(): Promise<void> };
type ConsumerGroup = {
  cluster: { refreshMetadata(): Promise<void>; brokerPool: { brokers: Record<string, Broker> } };
  fetch(this: ConsumerGroup, nodeId: string): Promise<unknown[]>;
  recoverFromFetch(this: ConsumerGroup, error: Error & { broker?: string }): Promise<void>;
};

const { prototype } = kafkaJsModule<{ prototype: ConsumerGroup }>('consumer/consumerGroup.js');
const { fetch, recoverFromFetch } = prototype;
requireShape('ConsumerGroup.fetch', fetch, ['await this.recoverFromFetch(e)']);
requireShape('ConsumerGroup.recoverFromFetch', recoverFromFetch, [
  "e.name === 'KafkaJSConnectionClosedError'",
  'throw e',
]);

prototype.recoverFromFetch = async function askForNewLeaders(error) {
  if (error.name === 'KafkaJSConnectionError') {
    const { cluster } = this;
    const failed = Object.values(cluster.brokerPool.brokers).filter(
      ({ brokerAddress }) => brokerAddress === error.broker,
    );
    // Otherwise kafkajs may ask this broker for the leaders. A connection that is idle ends at once; one that waits for a response
    // ends later.
    const ended = Promise.allSettled(failed.map((broker) => broker.disconnect()));
    await Promise.race([ended, setImmediate()]);
    // kafkajs repeats the fetch after the first error, and perhaps not after this one.
    await cluster.refreshMetadata().catch(() => {});
  }
  await recoverFromFetch.call(this, error);
};
