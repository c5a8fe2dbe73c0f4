/**
 * Closes what kafkajs 2.2.4 leaves open when a connection ends. Importing this file is enough.
 *
 * - A request that is pushed while its connection closes has no timeout any more, so its caller waits for ever.
 * - Two requests that find a connection closed both open it. The socket of the first stays bound to it, and when a broker closes that
 *   one as idle, the requests on the second one fail.
 */
import { kafkaJsModule, requireShape } from './guard.ts';

type Connection = {
  broker: string;
  requestQueue: { inflight: Map<unknown, unknown>; pending: unknown[] };
  isConnected(): boolean;
  rejectRequests(error: Error): void;
  connect(this: Connection): Promise<unknown>;
  disconnect(this: Connection): Promise<unknown>;
};

const { prototype } = kafkaJsModule<{ prototype: Connection }>('network/connection.js');
const { KafkaJSConnectionError } = kafkaJsModule<{
  KafkaJSConnectionError: new (message: string, details: { broker: string }) => Error;
}>('errors.js');
const { connect, disconnect } = prototype;
requireShape('Connection.connect', connect, ['this.socket = createSocket', 'this.isConnected()']);
requireShape('Connection.disconnect', disconnect, ['waitForPendingRequests()', 'this.requestQueue.destroy()']);
requireShape('Connection.rejectRequests', prototype.rejectRequests, ['this.requestQueue.rejectAll']);

const opening = new WeakMap<Connection, Promise<unknown>>();

prototype.connect = function connectOnce() {
  const known = opening.get(this);
  if (known) return known;
  const opened = connect.call(this).finally(() => opening.delete(this));
  opening.set(this, opened);
  return opened;
};

prototype.disconnect = async function disconnectAndReject() {
  const result = await disconnect.call(this);
  const { inflight, pending } = this.requestQueue;
  if (inflight.size + pending.length > 0) {
    this.rejectRequests(new KafkaJSConnectionError('the connection was closed', { broker: this.broker }));
  }
  return result;
};
