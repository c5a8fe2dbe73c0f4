import type { AvroCodec } from 'qcc-core/avro/codec';
import { type Lane, LaneLostError } from 'qcc-core/kafka/lane';
import type { AnyOutgoing } from 'qcc-core/kafka/outgoing';
import { bytesOf } from 'qcc-core/kafka/record-batch';

export type Sent = { topic: string; key: string; partition: number | undefined; value: unknown };

/** Values stay visible in what is encoded. */
export const jsonCodec: Pick<AvroCodec, 'encode'> = { encode: (_, value) => Buffer.from(JSON.stringify(value)) };

/** A lane that keeps what its transactions sent, and breaks when told. For tests. */
export function createTestLane(): {
  lane: Lane;
  committed: Sent[][];
  /** The next transaction fails, and with it the lane. */
  breakNext(): void;
  close(): void;
} {
  const lost = new AbortController();
  const committed: Sent[][] = [];
  let breaks = false;
  let nextOffset = 0n;
  const lane: Lane = {
    partition: 3,
    get nextOffset() {
      return nextOffset;
    },
    signal: lost.signal,
    async transact(body, commit?: { nextOffset: bigint }) {
      lost.signal.throwIfAborted();
      const sent: Sent[] = [];
      await body({
        send: async (messages) => {
          sent.push(...Array.from(messages, toSent));
        },
      });
      if (breaks) {
        const error = new LaneLostError('fenced');
        lost.abort(error);
        throw error;
      }
      committed.push(sent);
      if (commit) nextOffset = commit.nextOffset;
    },
    [Symbol.asyncDispose]: async () => lost.abort(new Error('closed')),
  };
  return {
    lane,
    committed,
    breakNext() {
      breaks = true;
    },
    close: () => lost.abort(new Error('closed')),
  };
}

const toSent = ({ topic, key, partition, value, headers }: AnyOutgoing): Sent => ({
  topic: topic.name,
  key,
  partition,
  value: topic.name === 'dead-letters' ? headers : value && JSON.parse(bytesOf(value).toString()),
});
