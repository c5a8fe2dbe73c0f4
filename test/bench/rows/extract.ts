import { join } from 'node:path';
import { runChild } from '../../../stack/child.ts';
import { ROOT } from '../../../stack/places.ts';
import { openFleet } from '../../harness/instances.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { type Absent, installPython } from '../../harness/python.ts';
import { until } from '../../harness/until.ts';
import { archiveOf } from '../archive-of.ts';
import { type KafkaView, openKafkaView } from '../kafka-view.ts';
import { installShellTools } from '../peers/install.ts';
import { runShellLine } from '../peers/shell-line.ts';
import { barOfSpeed, inThousands, inTurns, type RowFigures, type RowInput, type Series } from '../row.ts';

const LIMIT_MS = 120_000;
const PYTHON = 'Python: pyzipper, ijson, fastavro, confluent-kafka';
const SHELL = '7zz | jq | kcat';

/**
 * Measures the time from an archive to committed records. For us, it runs from the callback to the commit of the order's last part, so it
 * includes the call for the link, the download and the copy in the evidence store. The peers have the archive on disk. They do not
 * authenticate it first, do not validate, and do not publish in transactions.
 */
export async function benchExtract({ bed, records, rounds, say, within }: RowInput): Promise<RowFigures> {
  const python = await installPython({
    name: 'bench-python',
    requirements: join(import.meta.dirname, '..', 'peers', 'requirements.txt'),
    say,
  });
  const shell = await installShellTools(say);
  await using kafka = await openKafkaView(bed);
  await using fleet = openFleet(bed);
  await Promise.all(
    [fleet.start('callback-gateway'), fleet.start('archive-extractor')].map(async (each) => (await each).ready()),
  );
  const orders: string[] = [];
  for (let round = 0; round <= rounds; round += 1)
    orders.push((await bed.simulator.createOrder({ records, callback: false })).orderNo);
  say(`${orders.length} orders of ${records} records are ready`);
  const archive = await archiveOf(bed, orders[0]!);

  const group = `${bed.prefix}qcc.archive-extractor.${bed.account}`;
  const sides: Record<string, (round: number, signal: AbortSignal) => Promise<number>> = {
    ours: async (round) => {
      const began = performance.now();
      await bed.simulator.sendCallback(orders[round]!);
      const isDone = async () => (await ordersDone(kafka, group, `${bed.prefix}orders`)) > round;
      await until(`order ${round} is extracted`, LIMIT_MS, isDone, 10);
      return report('ours', (performance.now() - began) / 1_000);
    },
  };
  const report = (side: string, seconds: number): number => {
    say(`${side}: ${seconds.toFixed(2)} s`);
    return seconds;
  };
  if (!('absent' in python)) {
    const schemaId = await schemaIdOf(bed, 'records');
    sides.python = async (round, signal) => {
      const topic = `${bed.prefix}python-${round}`;
      await kafka.createTopic(topic, 6);
      const script = join(import.meta.dirname, '..', 'peers', 'archive_to_records.py');
      const schema = join(ROOT, 'schemas', 'records.avsc');
      const { stdout } = await runChild(
        python.python,
        [script, archive.file, archive.password, bed.stack.KAFKA_BROKERS, topic, String(schemaId), schema],
        { signal },
      );
      await requireAll(kafka, topic, records);
      return report('python', Number(stdout));
    };
  }
  if (!('absent' in shell)) {
    sides.shell = async (round, signal) => {
      const topic = `${bed.prefix}shell-${round}`;
      await kafka.createTopic(topic, 6);
      const began = performance.now();
      await runShellLine({ shell, archive, brokers: bed.stack.KAFKA_BROKERS, topic, signal });
      const seconds = (performance.now() - began) / 1_000;
      await requireAll(kafka, topic, records);
      return report('shell', seconds);
    };
  }
  const runs = await inTurns(rounds, sides, { within });

  const series = (side: string, key: string): Series => ({ side, unit: 's', runs: runs[key] ?? [] });
  const ours = series('archive-extractor', 'ours');
  const what = `archive of ${inThousands(records)} → \`records\` committed`;
  const peers = [
    { name: PYTHON, key: 'python', peer: python as Absent, atLeast: 1 },
    { name: SHELL, key: 'shell', peer: shell as Absent, atLeast: 1.3 },
  ].map(({ name, key, peer, atLeast }) => {
    const measured = runs[key] ? series(name, key) : { side: name, absent: peer.absent };
    return { measured, bar: barOfSpeed({ what, ours, peer: measured, atLeast }) };
  });
  return {
    bars: peers.map(({ bar }) => bar),
    series: [ours, ...peers.flatMap(({ measured }) => ('absent' in measured ? [] : [measured]))],
    notes: [
      'ours from the callback to the last commit: with the call for the link, the download, a pass that authenticates and parses everything before anything is published, and the copy in the evidence store',
      `resident at most ${fleet.peakMemory()['archive-extractor']} MiB`,
    ],
  };
}

/** Committed offsets on `orders` count orders, because the gateway writes only orders there. */
const ordersDone = (kafka: KafkaView, group: string, topic: string): Promise<number> => kafka.committed(group, topic);

async function requireAll(kafka: KafkaView, topic: string, records: number): Promise<void> {
  const written = await kafka.written(topic);
  if (written !== records) throw new Error(`${topic} holds ${written} of ${records} records`);
}

async function schemaIdOf(bed: TestBed, topic: string): Promise<number> {
  const answer = await fetch(`${bed.stack.SCHEMA_REGISTRY_URL}/subjects/${bed.prefix}${topic}-value/versions/latest`);
  return ((await answer.json()) as { id: number }).id;
}
