import type { ChangeRecord } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { QccFailure } from 'qcc-core/qcc/outcome';

/** The dead letter of a record whose details were given up: the last response, as it came but for secrets. */
export const oddResponseDeadLetter = ({
  record,
  failure,
  prefix,
  partition,
  now,
}: {
  record: Pick<ChangeRecord, 'account' | 'corpKeyNo' | 'orderNo' | 'revision' | 'position'>;
  failure: QccFailure;
  prefix: string;
  /** Of the record, on `records`. */
  partition: number;
  now: number;
}): Outgoing => {
  const { account, orderNo, revision, position } = record;
  return toDeadLetter({
    stage: 'detail-enricher',
    reason: 'DETAIL_ANSWER_UNKNOWN',
    message: failure.message,
    key: record.corpKeyNo,
    bytes: failure.response?.() ?? null,
    // Entries that wait do not know their offset; the occurrence says which record it is.
    place: { topic: topicName(prefix, TOPICS.records), partition, offset: '', account, orderNo, revision, position },
    now,
  });
};
