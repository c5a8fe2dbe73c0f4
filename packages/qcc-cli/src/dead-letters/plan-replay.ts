import { TOPICS, type TopicSpec, topicName } from 'qcc-core/kafka/topics';
import { isAboutOrder, type Letter } from './letter.ts';

/** What one replay does, and the letters that it settles. */
export type ReplayUnit =
  | { kind: 'order'; account: string; orderNo: string; letters: readonly Letter[] }
  | { kind: 'message'; topic: TopicSpec; partition: number; offset: string; letters: readonly [Letter] };

export type ReplayPlan = {
  units: readonly ReplayUnit[];
  /** Letters that nothing can be done for here, and why. */
  impossible: readonly { letter: Letter; why: string }[];
};

/**
 * Letters → what to do about them, in their order. Where the extractor refused an order or a record of it, the order is
 * fetched and published again, once, however many of its letters there are; any other message goes once more to where it
 * came from.
 */
export function planReplay(letters: readonly Letter[], { prefix }: { prefix: string }): ReplayPlan {
  const topics = new Map(Object.values<TopicSpec>(TOPICS).map((topic) => [topicName(prefix, topic), topic]));
  const orders = new Map<string, Extract<ReplayUnit, { kind: 'order' }> & { letters: Letter[] }>();
  const units: ReplayUnit[] = [];
  const impossible: { letter: Letter; why: string }[] = [];
  for (const letter of letters) {
    if (isAboutOrder(letter)) {
      const { account, orderNo } = letter;
      const name = JSON.stringify([account, orderNo]);
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
  return { units, impossible };
}

/** What is left of a plan once the letters are known that were replayed before. */
export function withoutReplayed(
  units: readonly ReplayUnit[],
  replayed: ReadonlySet<string>,
): { due: ReplayUnit[]; before: ReplayUnit[] } {
  const isBefore = ({ letters }: ReplayUnit) => letters.every(({ id }) => replayed.has(id));
  return { due: units.filter((unit) => !isBefore(unit)), before: units.filter(isBefore) };
}
