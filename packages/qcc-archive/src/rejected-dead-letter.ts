import { type DeadLetterPlace, digestOfAvro, toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { CutElement } from './json/cut-elements.ts';
import type { ExtractionContext, RejectedElement } from './read-change.ts';

/** A record that was refused: for its element in the archive, or because Kafka does not take the message that was made of it. */
export type RejectedRecord = Omit<RejectedElement, 'element'> & {
  element: CutElement | { kind: 'refused'; avro: Buffer };
};

/** The dead letter of a record that was refused. It names the archive, where the record can be looked up. */
export function rejectedDeadLetter(
  context: ExtractionContext,
  place: Pick<DeadLetterPlace, 'topic' | 'partition' | 'offset'>,
  { element, position, message, reason }: RejectedRecord,
  now: number,
): Outgoing {
  return toDeadLetter({
    stage: 'archive-extractor',
    reason,
    message: `record ${position} of order ${context.orderNo}: ${message}`,
    key: context.orderNo,
    ...contentOf(element),
    place: {
      topic: place.topic,
      partition: place.partition,
      offset: place.offset,
      account: context.account,
      orderNo: context.orderNo,
      revision: context.revision,
      position,
      archiveSha256: context.archiveSha256,
    },
    now,
  });
}

function contentOf(element: RejectedRecord['element']): Pick<Parameters<typeof toDeadLetter>[0], 'bytes' | 'digest'> {
  switch (element.kind) {
    case 'element':
      return { bytes: Buffer.from(element.content) };
    case 'tooLarge':
      return { bytes: null, digest: { of: 'original', bytes: element.byteLength, sha256: element.sha256 } };
    case 'refused':
      return { bytes: null, digest: digestOfAvro(element.avro) };
    default:
      return element satisfies never;
  }
}
