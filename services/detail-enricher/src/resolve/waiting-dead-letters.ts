import { archiveSha256Of, type PassThroughFields, type PassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import type { Refusal } from 'qcc-core/kafka/client/refusal';
import { type DeadLetterPlace, digestOfAvro, toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { QccFailure } from 'qcc-core/qcc/outcome';

/** `partition` is that of the record on `records`. */
type Origin = { prefix: string; partition: number; now: number };

/** The dead letter of a record whose details were given up: the last response, as it came but for secrets. */
export const oddResponseDeadLetter = (record: PassThroughFields, failure: QccFailure, origin: Origin): Outgoing =>
  ofWaiting(record, origin, {
    reason: 'DETAIL_ANSWER_UNKNOWN',
    message: failure.message,
    bytes: failure.response?.() ?? null,
  });

/** The dead letter of a record that waited for its details, and whose version Kafka refuses: its digest, its place and its archive. */
export const refusedDeadLetter = (record: PassThroughRecord, refusal: Refusal, origin: Origin): Outgoing =>
  ofWaiting(record, origin, {
    reason: refusal.reason,
    message: `record ${record.position} of order ${record.orderNo}: ${refusal.message}`,
    bytes: null,
    digest: digestOfAvro(record.avro),
    archiveSha256: archiveSha256Of(record),
  });

function ofWaiting(
  { account, corpKeyNo, orderNo, revision, position }: PassThroughFields,
  { prefix, partition, now }: Origin,
  {
    archiveSha256,
    ...what
  }: Pick<Parameters<typeof toDeadLetter>[0], 'reason' | 'message' | 'bytes' | 'digest'> &
    Pick<DeadLetterPlace, 'archiveSha256'>,
): Outgoing {
  // Entries that wait do not know their offset; the occurrence says which record it is.
  const place = {
    topic: topicName(prefix, TOPICS.records),
    partition,
    offset: '',
    account,
    orderNo,
    revision,
    position,
    ...(archiveSha256 !== undefined && { archiveSha256 }),
  };
  return toDeadLetter({ stage: 'detail-enricher', ...what, key: corpKeyNo, place, now });
}
