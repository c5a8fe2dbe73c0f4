import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { archiveOf } from '../archive-of.ts';
import { createJsonEngine } from '../json-engine.ts';
import { openKafkaView } from '../kafka-view.ts';
import { installShellTools } from '../peers/install.ts';
import { runShellLine } from '../peers/shell-line.ts';
import { barOfSpeed, inThousands, inTurns, type RowFigures, type RowInput, type Series } from '../row.ts';
import { openWarmPipeline, WARM_NOTE } from '../warm-pipeline.ts';

const LIMIT_MS = 300_000;
const PEER = '7zz | jq | kcat into the Kafka engine';

/**
 * From the callback until every row is visible with its details, which are remembered. The peer has the archive on disk
 * and ends with the same number of rows in the same tables, but without details, versions that mean something, or a ledger.
 */
export async function benchWhole({ bed, records, rounds, say, within }: RowInput): Promise<RowFigures> {
  const shell = await installShellTools(say);
  await using kafka = await openKafkaView(bed);
  await using pipeline = await openWarmPipeline(bed, {
    records,
    orders: Array.from({ length: rounds + 1 }, () => records),
    say,
    within,
  });
  const archive = await archiveOf(bed, pipeline.orders[0]!);
  const report = (side: string, seconds: number): number => {
    say(`${side}: ${seconds.toFixed(2)} s`);
    return seconds;
  };
  const sides: Record<string, (round: number, signal: AbortSignal) => Promise<number>> = {
    ours: async (round) => {
      await emptyTables(bed);
      return report('ours', await pipeline.run(pipeline.orders[round]!, records));
    },
  };
  if (!('absent' in shell)) {
    sides.shell = async (round, signal) => {
      const topic = `${bed.prefix}shell-${round}`;
      await kafka.createTopic(topic, 6);
      await using engine = await createJsonEngine(bed, { database: `${bed.database}_shell`, topic });
      await until('the engine has joined its group', LIMIT_MS, () => kafka.isIn('Stable', engine.group), 20);
      const began = performance.now();
      await runShellLine({ shell, archive, brokers: bed.stack.KAFKA_BROKERS, topic, signal });
      // As ours is looked at.
      await until('half of the rows are visible', LIMIT_MS, async () => (await engine.rows()) >= records / 2, 250);
      await until('all rows of the peer are visible', LIMIT_MS, async () => (await engine.rows()) === records, 50);
      return report('shell', (performance.now() - began) / 1_000);
    };
  }
  const runs = await inTurns(rounds, sides, { within });

  const series = (side: string, key: string): Series => ({ side, unit: 's', runs: runs[key] ?? [] });
  const ours = series('the four services', 'ours');
  const peer = 'absent' in shell ? { side: PEER, absent: shell.absent } : series(PEER, 'shell');
  const peaks = pipeline.fleet.peakMemory();
  return {
    bars: [
      barOfSpeed({
        what: `callback → all ${inThousands(records)} rows visible with their details, which are remembered`,
        ours,
        peer,
        atLeast: 1,
      }),
    ],
    series: [ours, ...('absent' in peer ? [] : [peer])],
    notes: [
      'the details are remembered: all were asked for before, and no call to QCC is in the time; both sides find their tables of records empty',
      WARM_NOTE,
      'ours with every promise: authenticated first, validated, exactly once, details, ledger, dead letters, the original kept; the peer with the rows alone',
      `resident at most, MiB: ${Object.entries(peaks)
        .map(([service, mebibytes]) => `${service} ${mebibytes}`)
        .join(', ')}`,
    ],
  };
}

/** As the peer finds them: what earlier rounds left there is merged in the background for a long time. */
async function emptyTables(bed: TestBed): Promise<void> {
  for (const table of ['record_history', 'record_current'])
    await bed.clickhouse.command({ query: `TRUNCATE TABLE ${bed.database}.${table} SYNC` });
}
