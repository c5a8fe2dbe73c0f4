import { readFileSync } from 'node:fs';
import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { armed, FAIL_POINT_NAMES, FAIL_POINTS } from '../fail-points.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, countComplete, type FaultInput, type RowFigures, sendOrder, withBroken } from '../row.ts';

/** What holds partitions: the gateway has none to lose. */
const POINTS = FAIL_POINT_NAMES.filter((point) => FAIL_POINTS[point].service !== 'callback-gateway');
const MOST_ORDERS = 12;

/**
 * A service freezes at a named point (SIGSTOP), another instance takes its partitions and goes on, and then the first one
 * wakes (SIGCONT) in the middle of what it was doing: what it writes now must not count.
 */
export async function runFreezes(bed: TestBed, { freezes, random, say }: FaultInput<'freezes'>): Promise<RowFigures> {
  await using fleet = openFaultFleet(bed);
  await fleet.startAll();
  const missed: string[] = [];
  let faults = 0;
  let overAt = Date.now();
  const allComplete = () =>
    until('every order is complete', 90_000, async () => (await countComplete(bed)) === bed.simulator.orders().length);

  const first = Math.floor(random() * POINTS.length);
  for (let round = 0; round < freezes; round += 1) {
    const point = POINTS[(first + round * 5) % POINTS.length]!;
    await using frozen = await fleet.start(FAIL_POINTS[point].service, armed(point, { signal: 'SIGSTOP' }));
    await frozen.ready();
    // Some of the partitions are its own: an order comes by sooner or later.
    for (let orders = 0; orders < MOST_ORDERS && !isStopped(frozen.pid); orders += 1) {
      await sendOrder(bed, { records: 700 });
      await until('frozen, or all done', 30_000, async () => {
        return isStopped(frozen.pid) || (await countComplete(bed)) === bed.simulator.orders().length;
      }).catch(() => {});
    }
    if (!isStopped(frozen.pid)) {
      missed.push(`never came to: ${point}`);
      continue;
    }
    await allComplete();
    frozen.kill('SIGCONT');
    faults += 1;
    overAt = Date.now();
    say(`${faults} of ${freezes}: woke ${point}`);
    await sendOrder(bed, { records: 700 });
    await allComplete();
    frozen.kill('SIGTERM');
    await frozen.ended;
  }
  return withBroken(await conclude({ bed, fleet, faults, overAt }), missed);
}

const isStopped = (pid: number): boolean => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
