/**
 * Makes a consumer of kafkajs 2.2.4 ask for the leaders again when it cannot open its connection for fetches. Importing this file
 * is enough.
 *
 * kafkajs has two connections to a broker, one of them for fetches. If a broker hangs and only the other one is open, kafkajs takes
 * the broker for connected: it repeats the fetch with the leaders that it knows until it gives up, half a minute later.
 */
import { kafkaJsModule, requireShape } from './guard.ts';

type ConsumerGroup = {
  cluster: { refreshMetadata(): Promise<void> };
  recoverFromFetch(this: ConsumerGroup, error: Error): Promise<void>;
};

const { prototype } = kafkaJsModule<{ prototype: ConsumerGroup }>('consumer/consumerGroup.js');
const { recoverFromFetch } = prototype;
requireShape('ConsumerGroup.fetch', (prototype as unknown as { fetch: unknown }).fetch, [
  'await this.recoverFromFetch(e)',
]);
requireShape('ConsumerGroup.recoverFromFetch', recoverFromFetch, [
  "e.name === 'KafkaJSConnectionClosedError'",
  'throw e',
]);

prototype.recoverFromFetch = async function askForNewLeaders(error) {
  if (error.name === 'KafkaJSConnectionError') await this.cluster.refreshMetadata();
  await recoverFromFetch.call(this, error);
};
