/** How gateway and extractor start on the states of a million orders, and what they hold of them. */
import { createHash } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { type AvroCodec, connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { serviceInput } from 'qcc-core/contract/group-names';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { cutByBytes } from 'qcc-core/kafka/client/outbox';
import { SENDS_ONCE, sendOnce } from 'qcc-core/kafka/client/send-once';
import { inputOffsetMessage } from 'qcc-core/kafka/exactly-once/input-offsets';
import { orderStateKey } from 'qcc-core/kafka/messages/order-state';
import { type Outgoing, partitionOf } from 'qcc-core/kafka/wire/outgoing';
import { OURS } from '../../campaign/waits.ts';
import { openFleet } from '../../harness/instances.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { type Bar, inThousands, median, NO_PEER, type RowFigures, type RowInput } from '../row.ts';

const MOST_SECONDS = 60;
const MOST_MIB = 350;
const LIMIT_MS = 600_000;
const READERS = ['callback-gateway', 'archive-extractor'] as const;

export async function benchOrders({ bed, short, say, within }: RowInput): Promise<RowFigures> {
  const states = short ? 100_000 : 1_000_000;
  const rounds = short ? 1 : 3;
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'bench', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  await within({ side: OURS, what: 'the states are written', limitMs: LIMIT_MS }, () =>
    write(kafka, bed.prefix, extractedOrders(bed, codec, states)),
  );
  say(`${inThousands(states)} states are on the topic`);
  const seconds: number[] = [];
  const peaks = Object.fromEntries(READERS.map((each) => [each, 0])) as Record<(typeof READERS)[number], number>;
  for (let round = 0; round < rounds; round += 1) {
    const wait = { side: OURS, what: 'start, and extract an order', limitMs: LIMIT_MS };
    seconds.push(await within(wait, () => start(bed, peaks)));
    say(`${seconds.at(-1)!.toFixed(1)} s; resident MiB so far: ${JSON.stringify(peaks)}`);
  }
  return {
    bars: [
      {
        what: `from the start of both to the first order extracted, with the states of ${inThousands(states)} orders`,
        peer: NO_PEER,
        bar: `at most ${MOST_SECONDS} s`,
        measured: `${median(seconds).toFixed(1)} s`,
        kept: median(seconds) <= MOST_SECONDS,
      },
      ...READERS.map(
        (service): Bar => ({
          what: `resident set of the ${service}, MiB`,
          peer: NO_PEER,
          bar: `below ${MOST_MIB}`,
          measured: String(peaks[service]),
          kept: peaks[service] < MOST_MIB,
        }),
      ),
    ],
    series: [{ side: 'start of both to the first order extracted', unit: 's', runs: seconds }],
    notes: ['All orders are extracted whole, under keys and with hashes as QCC and the extractor make them.'],
  };
}

/** The seconds until an order is extracted that comes once both are ready. */
async function start(bed: TestBed, peaks: Record<string, number>): Promise<number> {
  await using fleet = openFleet(bed);
  const began = performance.now();
  const [gateway, extractor] = await Promise.all(READERS.map((service) => fleet.start(service)));
  await Promise.all([gateway!.ready(), extractor!.ready()]);
  // Created only now: reconcile of an earlier round would have fetched it.
  const { orderNo } = await bed.simulator.createOrder({ records: 10 });
  const isExtracted = async () => (await extractor!.metric('qcc_orders_extracted_total', { outcome: 'extracted' })) > 0;
  await until(`order ${orderNo} is extracted`, LIMIT_MS, isExtracted, 50);
  const seconds = (performance.now() - began) / 1_000;
  const peak = fleet.peakMemory();
  for (const service of READERS) peaks[service] = Math.max(peaks[service]!, peak[service]);
  await fleet.stopAll();
  return seconds;
}

function* extractedOrders({ account, prefix }: TestBed, codec: AvroCodec, count: number): Generator<Outgoing> {
  const updatedAt = Date.now();
  // As if Kafka had deleted the orders. Without recorded offsets, the extractor refuses a partition of which it has published.
  const input = serviceInput('archive-extractor', { account, prefix });
  for (let partition = 0; partition < TOPICS.orders.partitions; partition += 1) {
    const read = { ...input, partition, nextOffset: 0n, topicId: null, leaderEpoch: null, now: updatedAt };
    yield inputOffsetMessage(codec, read);
  }
  for (let number = 0; number < count; number += 1) {
    const orderNo = `DDMON20261125${String(number).padStart(18, '0')}`;
    const value = codec.encode('order-state', {
      account,
      orderNo,
      revision: 0,
      outcome: 'EXTRACTED',
      plaintextSha256: createHash('sha256').update(orderNo).digest('hex'),
      nextPosition: 500,
      updatedAt,
      unconfirmed: false,
      failures: 0,
    });
    const partition = partitionOf(TOPICS.orders, orderNo);
    yield { topic: TOPICS.orderState, key: orderStateKey(account, orderNo), value, partition };
  }
}

async function write(kafka: Kafka, prefix: string, messages: Iterable<Outgoing>): Promise<void> {
  const producer = kafka.producer({ ...SENDS_ONCE, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    for (const request of cutByBytes(messages, prefix)) await sendOnce((batch) => producer.sendBatch(batch), request);
  } finally {
    await producer.disconnect();
  }
}
