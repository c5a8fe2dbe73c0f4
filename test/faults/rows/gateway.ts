import { setTimeout as sleep } from 'node:timers/promises';
import type { TestBed } from '../../harness/pipeline.ts';
import { openFleet } from '../instances.ts';
import type { LiveStack } from '../live-stack.ts';
import { conclude, type RowFigures, type Say, sendOrder } from '../row.ts';

const CALLBACKS = 10;

/** Kafka is away while QCC calls: nobody is told 200, and every order is found later. */
export async function runKafkaAwayAtGateway(
  bed: TestBed,
  { stack, awayMs, say }: { stack: LiveStack; awayMs: number; say: Say },
): Promise<RowFigures> {
  await using fleet = openFleet(bed);
  await fleet.startAll();
  stack.freeze('kafka');
  const goneAt = Date.now();
  for (let callback = 0; callback < CALLBACKS; callback += 1) {
    await sendOrder(bed, { records: 100 });
    say(`callback ${callback + 1}: ${bed.simulator.orders().at(-1)?.callbacks.at(-1)?.kind}`);
  }
  const delivered = bed.simulator
    .orders()
    .filter(({ callbacks }) => callbacks.some(({ kind }) => kind === 'delivered'));
  await sleep(Math.max(0, awayMs - (Date.now() - goneAt)));
  stack.thaw('kafka');
  const notes = [`away ${Math.round((Date.now() - goneAt) / 1_000)} s`, `${delivered.length} of ${CALLBACKS} told 200`];
  const figures = await conclude({
    row: 'Kafka away at the gateway',
    bed,
    fleet,
    faults: CALLBACKS,
    overAt: Date.now(),
    notes,
  });
  return { ...figures, wrong: figures.wrong + delivered.length };
}
