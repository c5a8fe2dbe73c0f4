import { readFileSync } from 'node:fs';
import type { LiveStack } from '../../harness/live-stack.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { readTopic } from '../../harness/read-topic.ts';
import { until } from '../../harness/until.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, countComplete, type FaultInput, type RowFigures, sendOrder, withBroken } from '../row.ts';

/** The registry is away while the services run, and then while they start. */
export async function runRegistryAway(
  bed: TestBed,
  { stack, say }: FaultInput & { stack: LiveStack },
): Promise<RowFigures> {
  const notes: string[] = [];
  const broken: string[] = [];
  await using fleet = openFaultFleet(bed);
  const warm = await fleet.startAll();
  await sendOrder(bed, { records: 200 });
  await until('the first order is complete', 60_000, async () => (await countComplete(bed)) === 1);
  await stack.kill('registry');
  await sendOrder(bed, { records: 200 });
  await until('an order is complete without the registry', 60_000, async () => (await countComplete(bed)) === 2)
    .then(() => notes.push('warm: went on without it'))
    .catch((error) => broken.push(`warm: ${error}`));
  say(notes.at(-1) ?? broken.at(-1) ?? '');

  await warm['archive-extractor'][Symbol.asyncDispose]();
  const cold = await fleet.start('archive-extractor');
  let wasReady = false;
  const ending = await Promise.race([
    cold.ended,
    until('the cold extractor ends', 60_000, async () => {
      wasReady ||= (await cold.problems()) === '';
      return false;
    }).catch(() => 'alive'),
  ]);
  if (wasReady) broken.push('cold: it called itself ready');
  const said = /[\w-]+ cannot start: .*SCHEMA_REGISTRY_URL/.exec(readFileSync(cold.logFile, 'utf8'))?.[0] ?? '';
  if (said === '') broken.push('cold: it did not say why it cannot start');
  notes.push(`cold: ${wasReady ? 'READY' : 'not ready'}, ended with ${ending}, said "${said}"`);
  say(notes.at(-1) ?? '');

  await sendOrder(bed, { records: 200 });
  await stack.start('registry');
  const overAt = Date.now();
  await fleet.start('archive-extractor');
  const figures = await conclude({ bed, fleet, faults: 2, overAt, notes });
  const dead = (await readTopic(bed.stack.KAFKA_BROKERS, `${bed.prefix}dead-letters`)).length;
  figures.notes.push(`${dead} dead letters`);
  return withBroken(figures, [...broken, dead > 0 && `${dead} dead letters`]);
}
