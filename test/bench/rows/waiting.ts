import { TransactionOutput } from 'detail-enricher/enrich/transaction-output';
import { type AvroCodec, connectCodec } from 'qcc-core/avro/codec';
import { bytesOf } from 'qcc-core/avro/composed';
import { type PassThroughRecord, readPassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { TOPICS } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { type AnyOutgoing, partitionOf } from 'qcc-core/kafka/wire/outgoing';
import { OURS } from '../../campaign/waits.ts';
import { type Fleet, type Instance, openFleet } from '../../harness/instances.ts';
import { until } from '../../harness/until.ts';
import { recordMessages } from '../records.ts';
import { inThousands, NO_PEER, type RowFigures, type RowInput, TURN_LIMIT_MS } from '../row.ts';

const WAITING = 400_000;
const WAITING_SHORT = 40_000;
/** For every four entries that wait, another one was settled. Compaction has removed neither its messages nor their tombstones. */
const SETTLED_SHARE = 4;
const PER_ORDER = 50_000;
const MOST_SECONDS = 60;
const MOST_MIB = 350;
/** More than a day's calls at the default allow. */
const SETTLED = 1_000;
const CALLS_ENV = { DETAIL_RATE_PER_SECOND: '200', DETAIL_DAILY_BUDGET: '1000000' };

/** An instance that starts with a year of details that wait for consent, and one that then settles a day's worth of them. */
export async function benchWaiting({ bed, short, rounds, say, within }: RowInput): Promise<RowFigures> {
  const waiting = short ? WAITING_SHORT : WAITING;
  const filling = { side: OURS, what: `${waiting} entries are written`, limitMs: TURN_LIMIT_MS };
  await within(filling, () => writeEntries(bed, waiting));
  say(`${waiting} details wait`);

  const { DETAIL_DAILY_BUDGET: _, ...env } = bed.env;
  await using fleet = openFleet({ ...bed, env });
  const seconds: number[] = [];
  const resident: number[] = [];
  const measure = async (name: string, given: Record<string, string>, goOn?: (one: Instance) => Promise<void>) => {
    const turn = { side: OURS, what: name, limitMs: TURN_LIMIT_MS };
    const figures = await within(turn, () => startAndStop(fleet, { waiting, given, goOn }));
    say(`${name}: all are read after ${figures.seconds.toFixed(1)} s, at most ${figures.peak} MiB resident`);
    return figures;
  };
  for (let round = 1; round <= rounds; round += 1) {
    const figures = await measure(`start ${round}`, {});
    seconds.push(figures.seconds);
    resident.push(figures.peak);
  }
  const settling = await measure('with consent', CALLS_ENV, (enricher) =>
    until(`${SETTLED} details are settled`, TURN_LIMIT_MS, async () => {
      return (await enricher.metric('qcc_enriched_records_total')) >= SETTLED;
    }),
  );

  const slowest = Math.max(...seconds);
  const largest = Math.max(...resident, settling.peak);
  const details = `${inThousands(waiting)} waiting details`;
  return {
    bars: [
      {
        what: `start with ${details} until all are read, the slowest`,
        peer: NO_PEER,
        bar: `at most ${MOST_SECONDS} s`,
        measured: `${slowest.toFixed(1)} s`,
        kept: slowest <= MOST_SECONDS,
      },
      {
        what: `resident set of the detail-enricher with ${details}, MiB`,
        peer: NO_PEER,
        bar: `below ${MOST_MIB}`,
        measured: `${Math.max(...resident)} after the start, ${settling.peak} where ${inThousands(SETTLED)} are settled`,
        kept: largest === 0 ? null : largest < MOST_MIB,
      },
    ],
    series: [
      { side: 'from the start of the process until all are read', unit: 's', runs: seconds },
      { side: 'largest resident set of a start', unit: 'MiB', runs: resident },
    ],
    notes: [
      'their pending versions are published, and nobody has agreed to pay for calls, which is the default',
      `${inThousands(waiting / SETTLED_SHARE)} more that were settled since, whose entries and tombstones are still on the topic`,
      `at last with consent: ${CALLS_ENV.DETAIL_RATE_PER_SECOND} calls a second, until ${inThousands(SETTLED)} are settled`,
    ],
  };
}

async function startAndStop(
  fleet: Fleet,
  input: {
    waiting: number;
    given: Record<string, string>;
    goOn: ((enricher: Instance) => Promise<void>) | undefined;
  },
): Promise<{ seconds: number; peak: number }> {
  fleet.resetPeakMemory();
  const began = performance.now();
  await using enricher = await fleet.start('detail-enricher', input.given);
  // With consent the first may be settled before the last is read.
  const mostSettled = input.goOn ? SETTLED : 0;
  await until('all that wait are read', TURN_LIMIT_MS, async () => {
    return (await enricher.metric('qcc_pending_details')) >= input.waiting - mostSettled;
  });
  const seconds = (performance.now() - began) / 1_000;
  await enricher.ready();
  await input.goOn?.(enricher);
  return { seconds, peak: fleet.peakMemory()['detail-enricher'] };
}

/** Writes entries as an enricher that may make no call does, over all partitions. */
async function writeEntries(bed: RowInput['bed'], waiting: number): Promise<void> {
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'bench', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const codec = await connectCodec(settings);
  await using publisher = await openPublisher({ kafka, prefix: bed.prefix });
  for (const [count, isSettled] of [
    [waiting, false],
    [waiting / SETTLED_SHARE, true],
  ] as const) {
    for (let left = count; left > 0; left -= PER_ORDER) {
      const order = { records: Math.min(PER_ORDER, left), types: ['2', '10', '11'], withoutCheckId: 0 };
      const messages = await recordMessages(bed, codec, order);
      await publisher.publish(messages.flatMap(({ value }) => entryMessages(codec, value!, isSettled)));
    }
  }
}

function entryMessages(codec: AvroCodec, value: Buffer, isSettled: boolean) {
  const record = readPassThroughRecord(value.subarray(codec.header('records').length));
  const output = new TransactionOutput({ codec, partition: partitionOf(TOPICS.records, record.corpKeyNo) });
  const sent = output.messagesOf({ kind: 'deferred', entry: publishedEntry(record) });
  const messages = sent.map((message: AnyOutgoing) => ({ ...message, value: bytesOf(message.value) }));
  return isSettled ? [...messages, ...messages.map((message) => ({ ...message, value: null }))] : messages;
}

const publishedEntry = (record: PassThroughRecord) => ({
  record,
  admittedAt: record.pushDate,
  published: true,
  attempts: 0,
  nextAttemptAt: record.pushDate,
  reason: 'NOT_CONFIRMED',
});
