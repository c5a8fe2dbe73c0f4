import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveStack } from '../../harness/live-stack.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { openCuttingProxy } from '../cutting-proxy.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, type FaultInput, type RowFigures, sendOrder, withBroken } from '../row.ts';

const ORDER_RECORDS = 20_000;
/** Whatever waits. */
const MOST_MEMORY_MIB = 1_024;

/** ClickHouse is away while a backlog gathers. */
export async function runClickHouseAway(
  bed: TestBed,
  { stack, records, awayMs, say }: FaultInput<'records' | 'awayMs'> & { stack: LiveStack },
): Promise<RowFigures> {
  await using fleet = openFaultFleet(bed);
  const { sink } = await fleet.startAll();
  await stack.kill('clickhouse');
  const goneAt = Date.now();
  for (let sent = 0; sent < records; sent += ORDER_RECORDS)
    await sendOrder(bed, { records: Math.min(ORDER_RECORDS, records - sent) });
  await sleep(Math.max(0, awayMs - (Date.now() - goneAt)));
  const said = await sink.problems();
  say(`back after ${Math.round((Date.now() - goneAt) / 1_000)} s; the sink said: ${said.slice(0, 120)}`);
  await stack.start('clickhouse');
  const notes = [`away ${Math.round((Date.now() - goneAt) / 1_000)} s`];
  const figures = await conclude({ bed, fleet, faults: 1, overAt: Date.now(), limitMs: 600_000, notes });
  return withBroken(figures, [said === '' && 'the sink called itself ready', ...tooLarge(figures)]);
}

const tooLarge = ({ peakMemoryMiB }: RowFigures): string[] =>
  Object.entries(peakMemoryMiB)
    .filter(([, peak]) => peak > MOST_MEMORY_MIB)
    .map(([service, peak]) => `${service} took ${peak} MiB, more than ${MOST_MEMORY_MIB}`);

/** ClickHouse takes an insert and its response is lost: the same rows come again, in other batches. */
export async function runCutInserts(
  bed: TestBed,
  { stack, cuts, random, say }: FaultInput<'cuts'> & { stack: LiveStack },
): Promise<RowFigures> {
  let isReady = false;
  await using proxy = await openCuttingProxy({
    to: stack.env.CLICKHOUSE_URL,
    // Not at the start: migrations that fail end the service, and whoever runs it starts it again.
    cut: () => isReady && proxy.cuts() < cuts && random() < 0.5,
  });
  await using fleet = openFaultFleet(bed);
  await fleet.startAll({ CLICKHOUSE_URL: proxy.url });
  isReady = true;
  while (proxy.cuts() < cuts) {
    // Two at once, so that more has come by the time the sink tries again: its batches end elsewhere then.
    await Promise.all([sendOrder(bed, { records: 200, repeat: 20 }), sendOrder(bed, { records: 100, repeat: 10 })]);
    const before = proxy.cuts();
    await until('another cut', 20_000, async () => proxy.cuts() > before).catch(() => {});
    say(`${proxy.cuts()} of ${cuts} inserts cut`);
  }
  const figures = await conclude({ bed, fleet, faults: proxy.cuts(), overAt: Date.now() });
  const repeated = proxy.repeatedAsTheyWere();
  figures.notes.push(
    `${proxy.cuts() - repeated} of ${proxy.cuts()} came again in other batches, ${repeated} in the same`,
  );
  return withBroken(figures, tooLarge(figures));
}
