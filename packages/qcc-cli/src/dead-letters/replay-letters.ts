import type { Kafka, Producer } from 'kafkajs';
import type { DeadLetterAction } from 'qcc-core/domain';
import { fence } from 'qcc-core/kafka/fence';
import { cutByBytes } from 'qcc-core/kafka/outbox';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { readMessage, readTopic } from 'qcc-core/kafka/read-topic';
import { SENDS_ONCE, sendOnce } from 'qcc-core/kafka/send-once';
import { TOPICS, topicName } from 'qcc-core/kafka/topics';
import type { KafkaSide } from '../connect-kafka.ts';
import { replayOrder } from '../replay-order.ts';
import type { Letter } from './letter.ts';
import { type ReplayUnit, withoutReplayed } from './plan-replay.ts';

/** Header of a message that was produced again: the dead letter it was. Readers that count may leave it out. */
export const REPLAY_HEADER = 'qcc.replay-of';

const LETTERS_PER_TRANSACTION = 500;

export type ReplayResult = {
  done: readonly ReplayUnit[];
  /** Had been replayed before: nothing was done. */
  before: readonly ReplayUnit[];
  /** Their originals were too large for a dead letter and are no longer on their topic. */
  gone: readonly ReplayUnit[];
};

/**
 * Replays each unit once. What is replayed and the note that it was are one transaction; whoever replays fences all others
 * and reads their notes first, so that two people at the same time, or a second try after a crash, replay nothing twice.
 */
export async function replayLetters(
  { kafka, codec, settings }: KafkaSide,
  input: { units: readonly ReplayUnit[]; again: boolean; now: number; onDone: (letters: number) => void },
): Promise<ReplayResult> {
  const prefix = settings.TOPIC_PREFIX;
  const producer = createProducer(kafka, prefix);
  await producer.connect();
  try {
    await fence(producer);
    const replayed = input.again ? new Set<string>() : await readReplayed({ kafka, prefix });
    const { due, before } = withoutReplayed(input.units, replayed);
    const done: ReplayUnit[] = [];
    const gone: ReplayUnit[] = [];
    for (const units of chunk(due)) {
      const messages: Outgoing[] = [];
      for (const unit of units) {
        const replay = await toReplay(unit);
        if (!replay) {
          gone.push(unit);
          continue;
        }
        messages.push(replay, ...unit.letters.map((letter) => toNote(unit, letter)));
        done.push(unit);
      }
      const transaction = await producer.transaction();
      try {
        for (const request of cutByBytes(messages, prefix)) {
          await sendOnce((batch) => transaction.sendBatch(batch), request);
        }
        await transaction.commit();
      } catch (error) {
        await endTransaction(kafka, prefix);
        throw error;
      }
      input.onDone(units.reduce((sum, { letters }) => sum + letters.length, 0));
    }
    return { done, before, gone };
  } finally {
    await producer.disconnect();
  }

  async function toReplay(unit: ReplayUnit): Promise<Outgoing | undefined> {
    if (unit.kind === 'order') return replayOrder(codec, { ...unit, now: input.now });
    const [letter] = unit.letters;
    const original = letter.valueEncoding === 'digest' ? await readOriginal(unit) : letter;
    if (!original) return undefined;
    return {
      topic: unit.topic,
      partition: unit.partition,
      // The key in the letter may be cut.
      key: original.key?.toString() ?? '',
      value: typeof original.value === 'string' ? decodeValue(original.value, letter.valueEncoding) : original.value,
      headers: { [REPLAY_HEADER]: letter.id },
    };
  }

  const readOriginal = ({ topic, partition, offset }: Extract<ReplayUnit, { kind: 'message' }>) =>
    readMessage({ kafka, prefix, topic: topicName(prefix, topic), partition, offset: BigInt(offset) });

  function toNote(unit: ReplayUnit, { id, account }: ReplayUnit['letters'][number]): Outgoing {
    const note: DeadLetterAction = {
      deadLetterId: id,
      account,
      action: 'REPLAYED',
      at: input.now,
      orderNo: unit.kind === 'order' ? unit.orderNo : null,
    };
    return { topic: TOPICS.deadLetterActions, key: id, value: codec.encode('dead-letter-actions', note) };
  }
}

const createProducer = (kafka: Kafka, prefix: string): Producer =>
  kafka.producer({
    ...SENDS_ONCE,
    transactionalId: `${prefix}qcc-cli.dead-letters`,
    allowAutoTopicCreation: false,
  });

/** Readers of the topics must not wait for a transaction that failed. If this fails too, the brokers end it when its time is over. */
async function endTransaction(kafka: Kafka, prefix: string): Promise<void> {
  const successor = createProducer(kafka, prefix);
  try {
    await successor.connect();
    await fence(successor);
  } catch {
    // The first failure is the one to tell.
  } finally {
    await successor.disconnect().catch(() => {});
  }
}

const decodeValue = (value: string, encoding: Letter['valueEncoding']): Buffer =>
  Buffer.from(value, encoding === 'base64' ? 'base64' : 'utf8');

async function readReplayed({ kafka, prefix }: Pick<KafkaSide, 'kafka'> & { prefix: string }): Promise<Set<string>> {
  const replayed = new Set<string>();
  const topic = topicName(prefix, TOPICS.deadLetterActions);
  await readTopic({ kafka, topic, prefix, onMessage: ({ key }) => void replayed.add(String(key)) });
  return replayed;
}

/** An order's letters stay together: its replay and their notes are one transaction. */
function* chunk(units: readonly ReplayUnit[]): Generator<ReplayUnit[]> {
  let current: ReplayUnit[] = [];
  let letters = 0;
  for (const unit of units) {
    current.push(unit);
    letters += unit.letters.length;
    if (letters < LETTERS_PER_TRANSACTION) continue;
    yield current;
    current = [];
    letters = 0;
  }
  if (current.length > 0) yield current;
}
