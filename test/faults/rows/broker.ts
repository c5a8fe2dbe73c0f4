import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveStack } from '../../harness/live-stack.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, countComplete, type FaultInput, type RowFigures, sendOrder, withBroken } from '../row.ts';

const MOVING_LIMIT_MS = 60_000;
const FROZEN_MS = 20_000;

/** The broker dies (kill -9) or freezes for 20 s while orders are on their way; an order sent on its return must arrive. */
export async function runBrokerFaults(
  bed: TestBed,
  { stack, times, random, say }: FaultInput<'times'> & { stack: LiveStack },
): Promise<RowFigures> {
  await using fleet = openFaultFleet(bed);
  await fleet.startAll();
  const moving: number[] = [];
  const late: string[] = [];
  let overAt = Date.now();
  for (let round = 0; round < 2 * times; round += 1) {
    const kind = round % 2 === 0 ? 'kill -9' : 'SIGSTOP';
    await sendOrder(bed, { records: 1_400, repeat: 50 });
    await sleep(random() * 3_000);
    if (kind === 'SIGSTOP') {
      stack.freeze('kafka');
      await sleep(FROZEN_MS);
      stack.thaw('kafka');
    } else {
      await stack.kill('kafka');
      await stack.start('kafka');
    }
    overAt = Date.now();
    await sendOrder(bed, { records: 700 });
    await until(`all moves again after ${kind}`, MOVING_LIMIT_MS, async () => {
      return (await countComplete(bed)) === bed.simulator.orders().length;
    }).catch((error) => late.push(String(error)));
    moving.push((Date.now() - overAt) / 1_000);
    say(`${round + 1} of ${2 * times}: ${kind}, all complete ${moving.at(-1)?.toFixed(1)} s after its return`);
  }
  const notes = [`all complete at most ${Math.max(...moving).toFixed(1)} s after the broker's return (at most 60)`];
  return withBroken(await conclude({ bed, fleet, faults: 2 * times, overAt, notes }), late);
}
