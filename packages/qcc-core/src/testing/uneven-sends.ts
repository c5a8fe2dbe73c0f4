/** One entry of a produce response. */
export type Stored = { topicName: string; partition: number; errorCode: number };

/** How often kafkajs encodes each batch of a request, and what the brokers acknowledge. The default is once each. */
export type Sent = { times?: number; acknowledge?: (stored: Stored[]) => Stored[] };

/** Requests that succeed although a batch was not stored exactly once, and a part of the error that says so. */
export const UNEVEN_SENDS: readonly [name: string, Sent, why: string][] = [
  ['sent to nobody, as when its leader moved to a broker that has answered', { times: 0 }, 'sent 0 times'],
  ['sent twice, as when kafkajs repeats a request by broker', { times: 2 }, 'sent 2 times'],
  ['not acknowledged', { acknowledge: () => [] }, 'acknowledged 0 times'],
  ['acknowledged twice', { acknowledge: (stored) => [...stored, ...stored] }, 'acknowledged 2 times'],
  ['refused', { acknowledge: (stored) => stored.map((each) => ({ ...each, errorCode: 6 })) }, 'error code 6'],
];
