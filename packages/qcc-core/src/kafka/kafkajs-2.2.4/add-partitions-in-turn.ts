/**
 * Keeps a transaction of kafkajs 2.2.4 from breaking without a fault. Importing this file is enough.
 *
 * A producer that sends to several brokers adds their partitions to the transaction in parallel requests. While the
 * coordinator writes one of them, or the end of the transaction before, it answers the others with CONCURRENT_TRANSACTIONS.
 * kafkajs then sends the whole request again, also to brokers that are still busy with it, so that messages are stored twice.
 * Here the requests of one producer go one after another, and only this request is repeated, as Java's client does
 * (`TransactionManager`, AddPartitionsToTxnHandler).
 */
import pRetry from 'p-retry';
import { kafkaJsModule, requireShape } from './guard.ts';

type AddPartitions = (this: object, input: object) => Promise<unknown>;

const { prototype } = kafkaJsModule<{ prototype: { addPartitionsToTxn: AddPartitions } }>('broker/index.js');
const { addPartitionsToTxn } = prototype;
requireShape('Broker.addPartitionsToTxn', addPartitionsToTxn, [
  'transactionalId',
  'producerEpoch',
  'this.lookupRequest',
]);

/** Java's client waits 20 ms between attempts. A coordinator that stays busy for longer than these attempts has another problem. */
const RETRIES = { retries: 40, minTimeout: 20, maxTimeout: 250, factor: 1.3 };

/** The last request of each coordinator. Each producer has its own broker objects, so producers do not wait for each other. */
const lastRequests = new WeakMap<object, Promise<unknown>>();

prototype.addPartitionsToTxn = function addPartitionsInTurn(input) {
  const request = (lastRequests.get(this) ?? Promise.resolve()).then(() =>
    pRetry(() => addPartitionsToTxn.call(this, input), {
      ...RETRIES,
      shouldRetry: ({ error }) => 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS',
    }),
  );
  lastRequests.set(
    this,
    request.catch(() => {}),
  );
  return request;
};
