import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Order } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';

/** An order as a replay asks for it: nothing of a callback. */
export const replayedOrder = ({ account, orderNo, now }: { account: string; orderNo: string; now: number }): Order => ({
  account,
  orderNo,
  source: 'replay',
  receivedAt: now,
  createDate: null,
  sealedDownloadUrl: null,
  sealedUnzipPassword: null,
  downloadUrlExpiredTime: null,
});

/** Asks the extractor to fetch an order again and publish it as a new revision, marked `source: replay`. */
export const replayOrder = (
  codec: Pick<AvroCodec, 'encode'>,
  input: Parameters<typeof replayedOrder>[0],
): Outgoing => ({ topic: TOPICS.orders, key: input.orderNo, value: codec.encode('orders', replayedOrder(input)) });
