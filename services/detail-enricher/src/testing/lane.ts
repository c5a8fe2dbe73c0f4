import type { AvroCodec } from 'qcc-core/avro/codec';
import type { AvroTopic } from 'qcc-core/avro/schemas';
import { avroType } from 'qcc-core/avro/types';
import { type Lane, LaneLostError, type Outbox } from 'qcc-core/kafka/lane';
import type { AnyOutgoing } from 'qcc-core/kafka/outgoing';
import { bytesOf } from 'qcc-core/kafka/record-batch';
import { composed } from 'qcc-core/testing/composed';

export type Sent = { topic: string; key: string; partition: number | undefined; value: unknown };

/** Bare Avro, without the header that names a schema in the registry. */
export const bareCodec: Pick<AvroCodec, 'encode' | 'carry'> = {
  encode: (topic, value) => avroType(topic).toBuffer(value),
  carry: (_topic, record, behind) => composed(record, bytesOf(behind)),
};

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
    outbox: () => new KeptMessages(),
    async transact(body, commit?: { nextOffset: bigint }) {
      lost.signal.throwIfAborted();
      const sent: Sent[] = [];
      await body({
        send: async (messages) => {
          sent.push(...Array.from(messages, toSent));
        },
        sendAll: async (outbox) => {
          sent.push(...(outbox as KeptMessages).sent.splice(0));
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

/** An outbox that can be looked into. */
export class KeptMessages implements Outbox {
  readonly sent: Sent[] = [];
  add(message: AnyOutgoing): void {
    this.sent.push(toSent(message));
  }
}

/** As a reader of the topic has it. */
export const toSent = ({ topic, key, partition, value, headers }: AnyOutgoing): Sent => ({
  topic: topic.name,
  key,
  partition,
  value:
    topic.name === 'dead-letters' ? headers : value && avroType(topic.name as AvroTopic).fromBuffer(bytesOf(value)),
});
