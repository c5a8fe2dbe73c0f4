import type { LaneService } from 'qcc-core/contract/group-names';
import { decideInputOffset, type InputPosition } from 'qcc-core/kafka/exactly-once/decide-input-offset';

export type Target = 'beginning' | 'end' | bigint;

export type MovePlan =
  | { kind: 'outside'; start: bigint; end: bigint }
  /** `previousOffset` is where the service would have resumed; undefined if no usable offset is known. */
  | { kind: 'move'; nextOffset: bigint; previousOffset: bigint | undefined };

/** Resolves `--to` to an offset of the log. The end is a valid target: the service waits there for the next message. */
export function planMove(position: InputPosition, target: Target): MovePlan {
  const { start, end } = position.log;
  const nextOffset = target === 'beginning' ? start : target === 'end' ? end : target;
  if (nextOffset < start || nextOffset > end) return { kind: 'outside', start, end };
  const decision = decideInputOffset(position);
  return { kind: 'move', nextOffset, previousOffset: decision.kind === 'resume' ? decision.nextOffset : undefined };
}

const READ_AGAIN: Record<LaneService, string> = {
  'archive-extractor':
    'Orders that are extracted already are skipped, but each replay among them is published again as another revision.',
  'detail-enricher':
    'The changes among them are published a second time on enriched-records. Details whose response the evidence store does not have are asked for, and may be paid for, again.',
  alerter:
    'Alerts that were decided are not sent again. Rules that were added since may make alerts of changes that came before them.',
};
const SKIPPED: Record<LaneService, string> = {
  'archive-extractor':
    'The orders among them are not extracted, until reconcile or `npx qcc replay ORDER` sends them again.',
  'detail-enricher':
    'The changes among them reach neither enriched-records nor ClickHouse, until their orders are replayed: `npx qcc ledger` shows them.',
  alerter: 'The changes among them make no alerts.',
};

/** Tells the person who confirms it what setting the offset does. Offsets count control records too, so all numbers are upper limits. */
export function describeMove(
  service: LaneService,
  { nextOffset, previousOffset }: Extract<MovePlan, { kind: 'move' }>,
  end: bigint,
): string {
  if (previousOffset === undefined) {
    return [
      `No usable offset is known. ${service} will process everything from ${nextOffset} on (up to ${end - nextOffset} messages), and skip everything below.`,
      `If it has processed some of them before: ${READ_AGAIN[service]}`,
      `If it has not processed all that is skipped: ${SKIPPED[service]}`,
    ].join('\n');
  }
  if (nextOffset === previousOffset) return `${service} resumes at ${nextOffset}, as it would without this command.`;
  if (nextOffset < previousOffset) {
    return `${service} goes back from ${previousOffset} to ${nextOffset}: up to ${previousOffset - nextOffset} messages are read again. ${READ_AGAIN[service]}`;
  }
  return `${service} goes forward from ${previousOffset} to ${nextOffset}: up to ${nextOffset - previousOffset} messages are skipped. ${SKIPPED[service]}`;
}
