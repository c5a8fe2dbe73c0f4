import { eraseDeadLetter, redactMember } from 'qcc-clickhouse/rows/erase-row';
import {
  toCoverageRow,
  toDeadLetterActionRow,
  toDetailSpendRow,
  toErasureRow,
  toOrderClosureRow,
  toOrderEventRow,
  toPortfolioMemberRow,
} from 'qcc-clickhouse/rows/fact-rows';
import { replacedBy } from 'qcc-clickhouse/rows/follow-up-derivations';
import type { Place } from 'qcc-clickhouse/rows/lineage';
import { toDeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { AvroTopic } from 'qcc-core/avro/schemas';
import type { TopicValues } from 'qcc-core/contract/domain';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import { createHistoryStream, type RecordStreamDeps } from './record-streams.ts';
import { orUndecodable, type StoredRow, type Stream } from './stream.ts';

/** A message without a value is undecodable there. */
const WITHOUT_TOMBSTONES: readonly TopicSpec[] = [TOPICS.orderEvents, TOPICS.deadLetterActions];

/**
 * All streams of the sink except `createDerivationStream`. `toRow` fails if the environment is at fault; a bad message is an outcome.
 */
export function createStreams(deps: RecordStreamDeps & { codec: Pick<AvroCodec, 'decode'> }): Stream[] {
  const { codec } = deps;
  /** A topic of which each message is one row. */
  const facts = <Topic extends AvroTopic>(
    topic: TopicSpec & { name: Topic },
    table: string,
    toFactRow: (fact: TopicValues[Topic], place: Place) => object,
    describe?: (fact: TopicValues[Topic]) => Partial<StoredRow>,
  ): Stream => ({
    topic,
    table,
    toRow: orUndecodable(async ({ value }, place) => {
      if (value === null && !WITHOUT_TOMBSTONES.includes(topic)) return { kind: 'nothing' };
      const fact = await codec.decode<Topic>(topic.name, value ?? Buffer.alloc(0));
      return { kind: 'row', row: toFactRow(fact, place), ...describe?.(fact) };
    }),
  });
  return [
    createHistoryStream(deps),
    facts(TOPICS.orderEvents, 'order_events', toOrderEventRow, (event) => ({ replaced: replacedBy(event) })),
    facts(TOPICS.detailSpend, 'detail_spend_entries', toDetailSpendRow),
    facts(TOPICS.coverage, 'coverage_facts', toCoverageRow),
    {
      topic: TOPICS.deadLetters,
      table: 'dead_letters',
      isPersonal: true,
      toRow: async ({ key, value, headers }, place, eraser) => ({
        kind: 'row',
        row: eraseDeadLetter(eraser, toDeadLetterRow({ key, value, ...(headers && { headers }) }, place)),
      }),
    },
    facts(TOPICS.deadLetterActions, 'dead_letter_actions', toDeadLetterActionRow),
    facts(TOPICS.orderClosures, 'order_closures', toOrderClosureRow),
    facts(TOPICS.erasures, 'erasures', toErasureRow),
    {
      topic: TOPICS.portfolio,
      table: 'portfolio_members',
      isPersonal: true,
      toRow: orUndecodable(async ({ value }, place, eraser) => {
        if (value === null) return { kind: 'nothing' };
        const member = await codec.decode('portfolio', value);
        return { kind: 'row', row: toPortfolioMemberRow(redactMember(eraser, member), place) };
      }),
    },
  ];
}
