import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { TOPICS } from 'qcc-core/kafka/topics';

/** Asks the extractor to fetch an order again and publish it as a new revision, marked `source: replay`. */
export const replayOrder = (
  codec: Pick<AvroCodec, 'encode'>,
  { account, orderNo, now }: { account: string; orderNo: string; now: number },
): Outgoing => ({
  topic: TOPICS.orders,
  key: orderNo,
  value: codec.encode('orders', {
    account,
    orderNo,
    source: 'replay',
    receivedAt: now,
    createDate: null,
    sealedDownloadUrl: null,
    sealedUnzipPassword: null,
    downloadUrlExpiredTime: null,
  }),
});
