import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { derivedGroup, sinkGroup } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { OURS } from '../../campaign/waits.ts';
import { openFleet } from '../../harness/instances.ts';
import { PATIENCE } from '../../harness/patience.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { enrichedFeed } from '../enriched-feed.ts';
import { attachKafkaEngine, createKafkaEngine } from '../kafka-engine.ts';
import { type KafkaView, openKafkaView } from '../kafka-view.ts';
import {
  barOfSpeed,
  describeSeries,
  inThousands,
  median,
  type RowFigures,
  type RowInput,
  type Series,
  TURN_LIMIT_MS,
} from '../row.ts';

const ENGINE = "ClickHouse's own Kafka engine, AvroConfluent";
const LOOK_EVERY_MS = 20;

/** Seconds from when the consumer had joined its group, all input standing there. */
type Times = { first: number; all: number; derived?: number };

/** The topic `enriched-records` into ClickHouse: history, current and ledger. */
export async function benchStore({ bed, records, rounds, say, within }: RowInput): Promise<RowFigures> {
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'bench', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const topic = topicName(bed.prefix, TOPICS.enrichedRecords);
  const ids = await within({ side: OURS, what: 'the topic is filled', limitMs: TURN_LIMIT_MS }, () =>
    fillTopic(bed, kafka, { settings, records }),
  );
  say(`${records} messages stand on ${topic}`);
  await using view = await openKafkaView(bed);

  const ours = async (): Promise<Times> => {
    const database = `${bed.database}_ours`;
    const group = sinkGroup(bed.prefix);
    await using fleet = openFleet(bed);
    const sink = await fleet.start('sink', { CLICKHOUSE_DATABASE: database });
    const times = await timeToRows(bed, view, { database, group, records, ids });
    const changes = `SELECT count() AS n FROM ${database}.change_log`;
    const began = performance.now();
    await until('the tables for analysts are filled', PATIENCE.timeout, async () => {
      return ((await bed.query<{ n: number }>(changes))[0]?.n ?? 0) >= records;
    });
    const derived = times.all + (performance.now() - began) / 1_000;
    sink.kill('SIGTERM');
    await sink.ended;
    for (const groupId of [group, derivedGroup(bed.prefix)]) {
      await until('the group is empty', PATIENCE.timeout, () => view.isIn('Empty', groupId));
      await view.admin.setOffsets({ groupId, topic, partitions: beginningOf(TOPICS.enrichedRecords.partitions) });
    }
    await dropDatabase(bed, database);
    return { ...times, derived };
  };
  const peer = async (round: number): Promise<Times> => {
    const database = `${bed.database}_peer`;
    const group = `${bed.prefix}peer-${round}`;
    await migrate(bed.clickhouse, { database, mode: 'apply' });
    await createKafkaEngine(bed.clickhouse, { database, topic, group, env: bed.stack });
    await attachKafkaEngine(bed.clickhouse, database);
    const times = await timeToRows(bed, view, { database, group, records, ids });
    await dropDatabase(bed, database);
    return times;
  };

  const runs = { ours: [] as Times[], peer: [] as Times[] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const [side, run] of Object.entries({ ours, peer })) {
      const turn = { side: side === 'ours' ? OURS : ENGINE, what: `turn ${round}`, limitMs: TURN_LIMIT_MS };
      const times = await within(turn, () => run(round));
      say(`${side}: first rows after ${times.first.toFixed(2)} s, all after ${times.all.toFixed(2)} s`);
      if (round > 0) runs[side as keyof typeof runs].push(times);
    }
  }
  const series = (side: keyof typeof runs, name: string, which: 'first' | 'all'): Series => ({
    side: `${name}, ${which === 'all' ? 'all rows' : 'first rows'} visible`,
    unit: 's',
    runs: runs[side].map((times) => times[which]),
  });
  const [ourAll, ourFirst] = [series('ours', 'sink', 'all'), series('ours', 'sink', 'first')];
  const soonerRounds = runs.peer.filter(({ first }, round) => first < runs.ours[round]!.first).length;
  const [peerAll, peerFirst] = [series('peer', 'Kafka engine', 'all'), series('peer', 'Kafka engine', 'first')];
  return {
    bars: [
      barOfSpeed({
        what: `${inThousands(records)} enriched records into history, current and ledger`,
        ours: ourAll,
        peer: { ...peerAll, side: ENGINE },
        atLeast: 1.5,
      }),
      {
        what: 'the first of them are visible',
        peer: ENGINE,
        bar: 'sooner',
        measured: `${describeSeries(ourFirst)} against ${describeSeries(peerFirst)}`,
        kept: median(ourFirst.runs) < median(peerFirst.runs),
      },
    ],
    series: [ourAll, peerAll, ourFirst, peerFirst],
    notes: [
      'Counted from when the consumer had joined its group, with all messages standing there.',
      `The engine's first rows were visible sooner than the sink's in ${soonerRounds} of ${rounds} turns.`,
      'The same tables and views on both sides, made by the same migrations, but the views of record_derivations run only for the sink; the sink also states STORED facts and commits.',
      `The sink then fills the tables for analysts, and finishes ${median(runs.ours.map(({ derived }) => derived!)).toFixed(1)} s (median) after the beginning. The engine does not fill them.`,
    ],
  };
}

/** Puts the records on the topic as the enricher does; returns how many ids they have. */
async function fillTopic(
  bed: TestBed,
  kafka: Kafka,
  { settings, records }: { settings: Parameters<typeof connectCodec>[0]; records: number },
): Promise<number> {
  const codec = await connectCodec(settings);
  await using publisher = await openPublisher({ kafka, prefix: bed.prefix });
  const { orderNo } = await bed.simulator.createOrder({ records, callback: false });
  const ids = new Set<string>();
  await publisher.publish(
    enrichedFeed(bed.simulator, { orderNo, account: bed.account }).map((value) => {
      ids.add(value.record.id);
      return {
        topic: TOPICS.enrichedRecords,
        key: value.record.corpKeyNo,
        value: codec.encode('enriched-records', value),
      };
    }),
  );
  return ids.size;
}

/** Waits for the consumer to join, then for its rows. The last look that did not see them counts as the beginning. */
async function timeToRows(
  bed: TestBed,
  view: KafkaView,
  { database, group, records, ids }: { database: string; group: string; records: number; ids: number },
): Promise<Times> {
  let began = 0;
  const joined = async () => {
    const now = performance.now();
    if (await view.isIn('Stable', group)) return true;
    began = now;
    return false;
  };
  await until('the consumer has joined its group', PATIENCE.timeout, joined, LOOK_EVERY_MS);
  const since = () => (performance.now() - began) / 1_000;
  const count = async (sql: string) =>
    (await bed.query<{ n: number }>(sql.replaceAll('{{target}}', database)))[0]?.n ?? 0;
  const waitFor = async (what: string, sql: string, expected: number) => {
    await until(what, PATIENCE.timeout, async () => (await count(sql)) >= expected, LOOK_EVERY_MS);
    return since();
  };
  const first = await waitFor('the first rows', 'SELECT count() AS n FROM {{target}}.record_history', 1);
  await waitFor('all rows of the history', 'SELECT count() AS n FROM {{target}}.record_history', records);
  await waitFor('the current state of each id', 'SELECT count() AS n FROM {{target}}.record_current', ids);
  await waitFor('the ledger', 'SELECT sum(stored) AS n FROM {{target}}.orders', records);
  const all = since();
  const [history, current] = await Promise.all([
    count('SELECT count() AS n FROM {{target}}.record_history FINAL'),
    count('SELECT count() AS n FROM {{target}}.records'),
  ]);
  if (history !== records || current !== ids)
    throw new Error(`${history} of ${records} rows in the history, ${current} of ${ids} in the current state`);
  return { first, all };
}

const beginningOf = (partitions: number) =>
  Array.from({ length: partitions }, (_, partition) => ({ partition, offset: '0' }));

async function dropDatabase(bed: TestBed, database: string): Promise<void> {
  await bed.clickhouse.command({ query: `DROP DATABASE ${database} SYNC` });
  await sleep(500);
}
