import { bytesOf } from 'qcc-core/avro/composed';
import type { AvroTopic } from 'qcc-core/avro/schemas';
import { avroType } from 'qcc-core/avro/types';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { LaneBrokenError } from 'qcc-core/kafka/client/errors';
import type { Outbox } from 'qcc-core/kafka/client/outbox';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import { sizeOfMessage } from 'qcc-core/kafka/wire/record-batch';
import type { PendingTopic } from './pending-topic.ts';

/** Of the topics' names in the cluster. */
const TEST_PREFIX = 'qcc.';

export type Sent = { topic: string; key: string; partition: number | undefined; value: unknown };

/**
 * A lane that keeps what its transactions sent, and breaks when told, or when one of them fails. For tests.
 * @param isRefused Whether a broker refuses, for good, a batch of what a transaction sent.
 * @param pending Gets what was sent to `pending-details`.
 */
export function createTestLane(
  isRefused: (sent: readonly Sent[]) => boolean = () => false,
  pending?: Pick<PendingTopic, 'append'>,
): {
  lane: Lane;
  committed: Sent[][];
  /** The next transaction fails, and with it the lane. */
  breakNext(): void;
  close(): void;
  /** The most that an outbox held when it was sent, in bytes. */
  mostPacked(): number;
} {
  const lost = new AbortController();
  const committed: Sent[][] = [];
  let breaks = false;
  let nextOffset = 0n;
  let mostPacked = 0;
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
      try {
        await body({
          send: async (messages, after) => {
            const kept = after instanceof KeptMessages ? after : undefined;
            mostPacked = Math.max(mostPacked, kept?.byteLength ?? 0);
            const all = [...(kept?.take() ?? []), ...messages];
            sent.push(...all.map(toSent));
            return all.flatMap(({ topic, key, value }) => {
              if (topic !== TOPICS.pendingDetails) return [];
              const firstOffset = pending?.append(key, bytesOf(value)) ?? 0;
              return [{ topic: topicName(TEST_PREFIX, topic), partition: 3, firstOffset, count: 1 }];
            });
          },
        });
        if (isRefused(sent)) throw new LaneBrokenError('broken', { cause: tooLarge() });
        if (breaks) throw new LaneBrokenError('fenced');
      } catch (error) {
        lost.abort(error);
        throw error;
      }
      committed.push(sent);
      if (commit) nextOffset = commit.nextOffset;
    },
    abandon: (reason) => lost.abort(reason),
    [Symbol.asyncDispose]: async () => lost.abort(new Error('closed')),
  };
  return {
    lane,
    committed,
    breakNext() {
      breaks = true;
    },
    close: () => lost.abort(new Error('closed')),
    mostPacked: () => mostPacked,
  };
}

const tooLarge = () =>
  Object.assign(new Error('The request included a message that is too large'), { type: 'MESSAGE_TOO_LARGE' });

/** An outbox that is looked into. */
class KeptMessages implements Outbox {
  byteLength = 0;
  #sent: AnyOutgoing[] = [];
  add(message: AnyOutgoing): void {
    this.#sent.push({ ...message, value: bytesOf(message.value) });
    this.byteLength += sizeOfMessage(message);
  }
  take(): AnyOutgoing[] {
    this.byteLength = 0;
    return this.#sent.splice(0);
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
