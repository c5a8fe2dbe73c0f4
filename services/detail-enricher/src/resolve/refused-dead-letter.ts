import { createHash } from 'node:crypto';
import type { PassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import type { Refusal } from 'qcc-core/kafka/client/refusal';
import { toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';

/** The dead letter of a record that waited for its details, and whose version Kafka refuses: a digest, and its place. */
export const refusedDeadLetter = (input: {
  record: PassThroughRecord;
  refusal: Refusal;
  prefix: string;
  /** Of the record, on `records`. */
  partition: number;
  now: number;
}): Outgoing => {
  const { record, refusal, partition } = input;
  const { account, orderNo, revision, position, avro } = record;
  return toDeadLetter({
    stage: 'detail-enricher',
    reason: refusal.reason,
    message: `record ${position} of order ${orderNo}: ${refusal.message}`,
    key: record.corpKeyNo,
    bytes: null,
    digest: { bytes: avro.length, sha256: createHash('sha256').update(avro).digest('hex') },
    // Entries that wait do not know their offset; the occurrence says which record it is.
    place: {
      topic: topicName(input.prefix, TOPICS.records),
      partition,
      offset: '',
      account,
      orderNo,
      revision,
      position,
    },
    now: input.now,
  });
};
