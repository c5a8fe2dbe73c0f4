import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { TOPICS, type TopicSpec, topicName } from 'qcc-core/contract/topics';
import { type DeadLetter, isAboutOrder } from './dead-letter.ts';

/** What one replay does, and the dead letters that it settles. */
export type ReplayUnit =
  | { kind: 'order'; account: string; orderNo: string; deadLetters: readonly DeadLetter[] }
  | { kind: 'message'; topic: TopicSpec; partition: number; offset: string; deadLetters: readonly [DeadLetter] };

export type ReplayPlan = {
  units: readonly ReplayUnit[];
  /** Dead letters that nothing can be done for here, and why. */
  impossible: readonly { deadLetter: DeadLetter; why: string }[];
  /** Dead letters of orders that QCC does not have, which have to be named. */
  leftOut: readonly OrderDeadLetter[];
};

type OrderDeadLetter = DeadLetter & { account: string; orderNo: string };

/** Reasons of orders that QCC does not have. Anybody who has the key can make any number of them. */
const NOT_AT_QCC: readonly string[] = ['ORDER_UNLISTED', 'ORDER_UNKNOWN'] satisfies DeadLetterReason[];

/**
 * Plans the replay, in the order of the dead letters. If a dead letter of the extractor or enricher is about an order or record
 * (`isAboutOrder`), its order is fetched and published again, once for all its dead letters. Any other message is sent to its
 * original topic again. A replayed order passes the extractor's limit for orders that QCC does not list, so orders that QCC does not
 * have are replayed only if `isNamed`: a person has named them one by one.
 */
export function planReplay(
  deadLetters: readonly DeadLetter[],
  { prefix, isNamed }: { prefix: string; isNamed: boolean },
): ReplayPlan {
  const topics = new Map(Object.values<TopicSpec>(TOPICS).map((topic) => [topicName(prefix, topic), topic]));
  const orders = new Map<string, Extract<ReplayUnit, { kind: 'order' }> & { deadLetters: DeadLetter[] }>();
  const units: ReplayUnit[] = [];
  const impossible: { deadLetter: DeadLetter; why: string }[] = [];
  const aside: OrderDeadLetter[] = [];
  for (const deadLetter of deadLetters) {
    if (isAboutOrder(deadLetter)) {
      if (!isNamed && NOT_AT_QCC.includes(deadLetter.reason)) {
        aside.push(deadLetter);
        continue;
      }
      const { account, orderNo } = deadLetter;
      const name = nameOf(deadLetter);
      const known = orders.get(name);
      if (known) known.deadLetters.push(deadLetter);
      else {
        const unit = { kind: 'order' as const, account, orderNo, deadLetters: [deadLetter] };
        orders.set(name, unit);
        units.push(unit);
      }
      continue;
    }
    const topic = topics.get(deadLetter.originTopic);
    const { originPartition: partition, originOffset: offset } = deadLetter;
    if (!topic)
      impossible.push({ deadLetter, why: `${deadLetter.originTopic || 'its topic'} is not a topic of this pipeline` });
    else if (deadLetter.valueEncoding === 'erased') impossible.push({ deadLetter, why: 'its content was erased' });
    else if (partition === null || offset === null)
      impossible.push({ deadLetter, why: 'it does not say where it came from' });
    else units.push({ kind: 'message', topic, partition, offset, deadLetters: [deadLetter] });
  }
  // An order that is replayed for another dead letter settles these, too.
  for (const deadLetter of aside) orders.get(nameOf(deadLetter))?.deadLetters.push(deadLetter);
  return { units, impossible, leftOut: aside.filter((deadLetter) => !orders.has(nameOf(deadLetter))) };
}

const nameOf = ({ account, orderNo }: OrderDeadLetter): string => JSON.stringify([account, orderNo]);

/** What is left of a plan once the dead letters are known that were replayed before. */
export function withoutReplayed(
  units: readonly ReplayUnit[],
  replayed: ReadonlySet<string>,
): { due: ReplayUnit[]; before: ReplayUnit[] } {
  const isBefore = ({ deadLetters }: ReplayUnit) => deadLetters.every(({ id }) => replayed.has(id));
  return { due: units.filter((unit) => !isBefore(unit)), before: units.filter(isBefore) };
}
