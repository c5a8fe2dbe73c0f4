import { createHash } from 'node:crypto';
import { PARSER_VERSION, readChange } from 'qcc-archive/read-change';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { TestBed } from '../harness/pipeline.ts';

/** The records of an order that the simulator makes, as the extractor would publish them, with no callback sent for it. */
export async function recordMessages(
  bed: TestBed,
  codec: Pick<AvroCodec, 'encode'>,
  order: { records: number; types?: readonly string[]; withoutCheckId?: number },
): Promise<Outgoing[]> {
  const { orderNo } = await bed.simulator.createOrder({ ...order, callback: false });
  const { occurrences, pushDate } = bed.simulator.truth(orderNo);
  const lineage = {
    account: bed.account,
    orderNo,
    revision: 0,
    pushDate: parseShanghaiDateTime(pushDate)!,
    archiveSha256: createHash('sha256').update(orderNo).digest('hex'),
    source: 'callback',
    parserVersion: PARSER_VERSION,
  };
  return Array.from(occurrences, ({ position, element }) => {
    const read = readChange({ kind: 'element', position, content: Buffer.from(JSON.stringify(element)) });
    if (read.kind === 'rejected') throw new Error(`the simulator made a record that is refused: ${read.message}`);
    const record = { ...read.change, ...lineage, position };
    return { topic: TOPICS.records, key: record.corpKeyNo, value: codec.encode('records', record) };
  });
}
