import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { TOPICS, type TopicSpec, topicName } from 'qcc-core/contract/topics';
import { isAboutOrder, type Letter } from './letter.ts';

/** What one replay does, and the letters that it settles. */
export type ReplayUnit =
  | { kind: 'order'; account: string; orderNo: string; letters: readonly Letter[] }
  | { kind: 'message'; topic: TopicSpec; partition: number; offset: string; letters: readonly [Letter] };

export type ReplayPlan = {
  units: readonly ReplayUnit[];
  /** Letters that nothing can be done for here, and why. */
  impossible: readonly { letter: Letter; why: string }[];
  /** Letters of orders that QCC does not have, which have to be named. */
  leftOut: readonly OrderLetter[];
};

type OrderLetter = Letter & { account: string; orderNo: string };

/** Reasons of orders that QCC does not have. Anybody who has the key can make any number of them. */
const NOT_AT_QCC: readonly string[] = ['ORDER_UNLISTED', 'ORDER_UNKNOWN'] satisfies DeadLetterReason[];

/**
 * Letters → what to do about them, in their order. Where the extractor refused an order or a record of it, the order is
 * fetched and published again, once, however many of its letters there are; any other message goes once more to where it
 * came from. A replayed order passes the extractor's limit for orders that QCC does not list, so orders that QCC does not have are
 * replayed only if `isNamed`: a person has named them one by one.
 */
export function planReplay(
  letters: readonly Letter[],
  { prefix, isNamed }: { prefix: string; isNamed: boolean },
): ReplayPlan {
  const topics = new Map(Object.values<TopicSpec>(TOPICS).map((topic) => [topicName(prefix, topic), topic]));
  const orders = new Map<string, Extract<ReplayUnit, { kind: 'order' }> & { letters: Letter[] }>();
  const units: ReplayUnit[] = [];
  const impossible: { letter: Letter; why: string }[] = [];
  const aside: OrderLetter[] = [];
  for (const letter of letters) {
    if (isAboutOrder(letter)) {
      if (!isNamed && NOT_AT_QCC.includes(letter.reason)) {
        aside.push(letter);
        continue;
      }
      const { account, orderNo } = letter;
      const name = nameOf(letter);
      const known = orders.get(name);
      if (known) known.letters.push(letter);
      else {
        const unit = { kind: 'order' as const, account, orderNo, letters: [letter] };
        orders.set(name, unit);
        units.push(unit);
      }
      continue;
    }
    const topic = topics.get(letter.originTopic);
    const { originPartition: partition, originOffset: offset } = letter;
    if (!topic) impossible.push({ letter, why: `${letter.originTopic || 'its topic'} is no topic of this pipeline` });
    else if (letter.valueEncoding === 'erased') impossible.push({ letter, why: 'its content was erased' });
    else if (partition === null || offset === null)
      impossible.push({ letter, why: 'it does not say where it came from' });
    else units.push({ kind: 'message', topic, partition, offset, letters: [letter] });
  }
  // An order that is replayed for another letter settles these, too.
  for (const letter of aside) orders.get(nameOf(letter))?.letters.push(letter);
  return { units, impossible, leftOut: aside.filter((letter) => !orders.has(nameOf(letter))) };
}

const nameOf = ({ account, orderNo }: OrderLetter): string => JSON.stringify([account, orderNo]);

/** What is left of a plan once the letters are known that were replayed before. */
export function withoutReplayed(
  units: readonly ReplayUnit[],
  replayed: ReadonlySet<string>,
): { due: ReplayUnit[]; before: ReplayUnit[] } {
  const isBefore = ({ letters }: ReplayUnit) => letters.every(({ id }) => replayed.has(id));
  return { due: units.filter((unit) => !isBefore(unit)), before: units.filter(isBefore) };
}
