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
   * @throws CommandFailure where a later writer has fenced this one.
   */
  write(messages: readonly Outgoing[]): Promise<void>;
};

/** What brokers tell a producer after another one has taken its transactional id. */
const FENCED = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'];

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
      throw explained(error);
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
        // Readers must not wait for this transaction. If this fails too, the brokers end it when its time is over.
        if (!isFenced(error))
          await openProducer()
            .then((next) => next.disconnect())
            .catch(() => {});
        throw explained(error);
      }
    },
    [Symbol.asyncDispose]: () => producer.disconnect(),
  };
}

const isFenced = (error: unknown): boolean => FENCED.includes(protocolErrorType(error) ?? '');

function explained(error: unknown): unknown {
  if (!isFenced(error)) return error;
  return new CommandFailure('another `npx qcc` command that writes the same data has taken over: run this one again', {
    cause: innermostCause(error),
  });
}
