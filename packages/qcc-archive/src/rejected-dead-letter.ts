import { type DeadLetterPlace, toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { ExtractionContext, RejectedElement } from './read-change.ts';

/** The dead letter of a record that was refused. */
export function rejectedDeadLetter(
  context: ExtractionContext,
  place: Pick<DeadLetterPlace, 'topic' | 'partition' | 'offset'>,
  { element, position, message, reason }: RejectedElement,
  now: number,
): Outgoing {
  return toDeadLetter({
    stage: 'archive-extractor',
    reason,
    message: `record ${position} of order ${context.orderNo}: ${message}`,
    key: context.orderNo,
    bytes: element.kind === 'tooLarge' ? null : Buffer.from(element.content),
    ...(element.kind === 'tooLarge' && { digest: { bytes: element.byteLength, sha256: element.sha256 } }),
    place: {
      topic: place.topic,
      partition: place.partition,
      offset: place.offset,
      account: context.account,
      orderNo: context.orderNo,
      revision: context.revision,
      position,
    },
    now,
  });
}
