import { topicName } from 'qcc-core/contract/topics';
import { readMessage } from 'qcc-core/kafka/client/read-topic';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { KafkaSide } from '../connect-kafka.ts';
import { openFencedWriter } from '../fenced-writer.ts';
import { replayOrder } from '../replay-order.ts';
import type { DeadLetter } from './dead-letter.ts';
import { DEAD_LETTER_WRITER, readSettledIds, toDeadLetterNote } from './dead-letter-actions.ts';
import { type ReplayUnit, withoutReplayed } from './plan-replay.ts';

/** Header of a message that was produced again: the dead letter it was. Readers that count may leave it out. */
export const REPLAY_HEADER = 'qcc.replay-of';

const DEAD_LETTERS_PER_TRANSACTION = 500;

export type ReplayResult = {
  done: readonly ReplayUnit[];
  /** Had been replayed or discarded before: nothing was done. */
  before: readonly ReplayUnit[];
  /** Their originals were too large for a dead letter and are no longer on their topic. */
  gone: readonly ReplayUnit[];
};

/**
 * Replays each unit once. A replay and its notes are written in one transaction. This first fences every other writer of notes on
 * `dead-letter-actions` and reads their notes, so two concurrent runs, or a retry after a crash, replay nothing twice. With `again`,
 * it does not read the notes.
 */
export async function replayDeadLetters(
  kafkaSide: KafkaSide,
  input: { units: readonly ReplayUnit[]; again: boolean; now: number; onDone: (deadLetters: number) => void },
): Promise<ReplayResult> {
  const { kafka, codec, settings } = kafkaSide;
  const prefix = settings.TOPIC_PREFIX;
  await using writer = await openFencedWriter(kafkaSide, DEAD_LETTER_WRITER);
  const settled = input.again ? new Set<string>() : await readSettledIds(kafkaSide);
  const { due, before } = withoutReplayed(input.units, settled);
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
      messages.push(replay, ...unit.deadLetters.map((deadLetter) => toNote(unit, deadLetter)));
      done.push(unit);
    }
    await writer.write(messages);
    input.onDone(units.reduce((sum, { deadLetters }) => sum + deadLetters.length, 0));
  }
  return { done, before, gone };

  async function toReplay(unit: ReplayUnit): Promise<Outgoing | undefined> {
    if (unit.kind === 'order') return replayOrder(codec, { ...unit, now: input.now });
    const [deadLetter] = unit.deadLetters;
    const original = deadLetter.valueEncoding === 'digest' ? await readOriginal(unit) : deadLetter;
    if (!original) return undefined;
    return {
      topic: unit.topic,
      partition: unit.partition,
      // The key in the dead letter may be cut.
      key: original.key?.toString() ?? '',
      value:
        typeof original.value === 'string' ? decodeValue(original.value, deadLetter.valueEncoding) : original.value,
      headers: { [REPLAY_HEADER]: deadLetter.id },
    };
  }

  function readOriginal({ topic, partition, offset }: Extract<ReplayUnit, { kind: 'message' }>) {
    return readMessage({ kafka, prefix, topic: topicName(prefix, topic), partition, offset: BigInt(offset) });
  }

  function toNote(unit: ReplayUnit, { id, account }: ReplayUnit['deadLetters'][number]): Outgoing {
    const orderNo = unit.kind === 'order' ? unit.orderNo : null;
    const action = { action: 'REPLAYED', at: input.now, orderNo, decidedBy: null, reason: null } as const;
    return toDeadLetterNote(codec, { deadLetterId: id, account, ...action });
  }
}

const decodeValue = (value: string, encoding: DeadLetter['valueEncoding']): Buffer =>
  Buffer.from(value, encoding === 'base64' ? 'base64' : 'utf8');

/** An order's dead letters stay together: its replay and their notes are one transaction. */
function* chunk(units: readonly ReplayUnit[]): Generator<ReplayUnit[]> {
  let current: ReplayUnit[] = [];
  let deadLetters = 0;
  for (const unit of units) {
    current.push(unit);
    deadLetters += unit.deadLetters.length;
    if (deadLetters < DEAD_LETTERS_PER_TRANSACTION) continue;
    yield current;
    current = [];
    deadLetters = 0;
  }
  if (current.length > 0) yield current;
}
