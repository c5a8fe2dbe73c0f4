import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '../../../scripts/run-services.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, countComplete, type FaultInput, type RowFigures, sendOrder } from '../row.ts';

/** Two instances of every service; one of each leaves while an order is on its way, and comes back. */
export async function runHandovers(bed: TestBed, { rounds, random, say }: FaultInput<'rounds'>): Promise<RowFigures> {
  await using fleet = openFaultFleet(bed);
  // The port that QCC calls belongs to one of the gateways; the other one reconciles.
  const second = { GATEWAY_PORT: '0' };
  await fleet.startAll();
  let leaving = await fleet.startAll(second);
  let overAt = Date.now();
  for (let round = 0; round < rounds; round += 1) {
    await sendOrder(bed, { records: 2_000, repeat: 100 });
    await sleep(random() * 2_000);
    for (const service of SERVICES) leaving[service].kill('SIGTERM');
    await Promise.all(SERVICES.map((service) => leaving[service].ended));
    await sendOrder(bed, { records: 700 });
    leaving = await fleet.startAll(second);
    overAt = Date.now();
    say(`${round + 1} of ${rounds}: left and came back`);
    await until('every order is complete', 120_000, async () => {
      return (await countComplete(bed)) === bed.simulator.orders().length;
    });
  }
  return await conclude({ bed, fleet, faults: rounds, overAt });
}
