import type { Producer } from 'kafkajs';
import { innermostCause, protocolErrorType } from 'qcc-core/kafka/client/errors';
import { cutByBytes } from 'qcc-core/kafka/client/outbox';
import { SENDS_ONCE, sendOnce } from 'qcc-core/kafka/client/send-once';
import { fence } from 'qcc-core/kafka/exactly-once/lane';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { KafkaSide } from './connect-kafka.ts';
import { CommandFailure } from './terminal.ts';

export type FencedWriter = AsyncDisposable & {
  /**
   * One transaction: resolves once all messages are committed. If it rejects, none of them is, or the outcome is unknown.
   * @throws CommandFailure if a later writer has fenced this one, or may have.
   */
  write(messages: readonly Outgoing[]): Promise<void>;
};

/** What brokers tell a producer after another one has taken its transactional id. */
const FENCED = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'];

/**
 * What brokers answer to a commit at the very moment in which another producer takes the transactional id. `UNKNOWN` does not say
 * whether the transaction is committed or aborted.
 */
const UNCLEAR = ['UNKNOWN', 'CONCURRENT_TRANSACTIONS'];

/**
 * Makes the commands that write by one name go one after the other. Opening fences every earlier writer, so whatever is read
 * after that is all they have written, and a decision that depends on it is made once.
 */
export async function openFencedWriter(
  { kafka, settings: { TOPIC_PREFIX: prefix } }: Pick<KafkaSide, 'kafka' | 'settings'>,
  name: string,
): Promise<FencedWriter> {
  const openProducer = async (): Promise<Producer> => {
    const producer = kafka.producer({
      ...SENDS_ONCE,
      transactionalId: `${prefix}qcc-cli.${name}`,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    try {
      await fence(producer);
      return producer;
    } catch (error) {
      await producer.disconnect();
      throw explainTakeover(error) ?? error;
    }
  };
  const producer = await openProducer();
  return {
    async write(messages) {
      const transaction = await producer.transaction();
      try {
        for (const request of cutByBytes(messages, prefix)) {
          await sendOnce((batch) => transaction.sendBatch(batch), request);
        }
        await transaction.commit();
      } catch (error) {
        const takeover = explainTakeover(error);
        if (takeover) throw takeover;
        // Readers must not wait for this transaction. If this fails too, the brokers end it when its time is over.
        await openProducer()
          .then((next) => next.disconnect())
          .catch(() => {});
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => producer.disconnect(),
  };
}

/** @returns null if the error does not come from another writer. If it does, that writer ends the transaction. */
function explainTakeover(error: unknown): CommandFailure | null {
  const type = protocolErrorType(error) ?? '';
  const other = 'another `npx qcc` command that writes the same data';
  const cause = innermostCause(error);
  if (FENCED.includes(type)) return new CommandFailure(`${other} has taken over: run this one again`, { cause });
  if (!UNCLEAR.includes(type)) return null;
  return new CommandFailure(
    `${other} may have taken over, and the brokers do not say whether this one has written: run this one again`,
    { cause },
  );
}
