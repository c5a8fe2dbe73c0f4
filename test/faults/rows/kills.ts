import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES, type ServiceName } from '../../../scripts/run-services.ts';
import type { Instance } from '../../harness/instances.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { armed, FAIL_POINT_NAMES, FAIL_POINTS, type FailPointName } from '../fail-points.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import {
  conclude,
  countComplete,
  type FaultInput,
  type ReadTopics,
  type RowFigures,
  sendOrder,
  shuffled,
  withBroken,
} from '../row.ts';

/** Enough that every service has something to do while others are away. */
const OPEN_ORDERS = 4;
/** After this time without a new order, another one is sent, however many are open: a gateway that is to die needs a callback. */
const QUIET_MS = 10_000;
const KILL_LIMIT_MS = 120_000;

/**
 * Kills each service (kill -9) at named points while orders arrive, all services at the same time. A service is started once for each of
 * its points and dies there. At last it is started once more and stays.
 */
export async function runKills(
  bed: TestBed,
  {
    kills,
    orderRecords = 700,
    readTopics,
    random,
    say,
  }: FaultInput<'kills'> & { orderRecords?: number; readTopics?: ReadTopics },
): Promise<RowFigures> {
  await using fleet = openFaultFleet(bed);
  const plan = planKills(kills, random);
  const done: FailPointName[] = [];
  const missed: string[] = [];
  let overAt = Date.now();

  const dieAndLive = async (service: ServiceName): Promise<void> => {
    for (const { point, passBy } of plan.filter((kill) => FAIL_POINTS[kill.point].service === service)) {
      const instance = await fleet.start(service, armed(point, { passBy }));
      const limit = sleep(KILL_LIMIT_MS, 'alive' as const, { ref: false });
      const ending = await Promise.race([instance.ended, limit]);
      if (ending === 'SIGKILL') {
        done.push(point);
        say(`${done.length} of ${kills}: ${point}`);
      } else {
        missed.push(`${point}: ${ending === 'alive' ? ending : `exit code ${ending}: ${lastLine(instance)}`}`);
        if (ending === 'alive') await instance[Symbol.asyncDispose]();
      }
      overAt = Date.now();
    }
    await fleet.start(service);
  };

  let killing = true;
  const feed = async (): Promise<void> => {
    let sentAt = 0;
    while (killing) {
      const open = bed.simulator.orders().length - (await countComplete(bed).catch(() => 0));
      if (open < OPEN_ORDERS || Date.now() - sentAt > QUIET_MS) {
        await sendOrder(bed, { records: orderRecords, repeat: 50 });
        sentAt = Date.now();
      } else await sleep(100);
    }
  };
  const feeding = feed();
  try {
    await Promise.all(SERVICES.map(dieAndLive));
  } finally {
    killing = false;
    await feeding;
  }
  const figures = await conclude({ bed, fleet, faults: done.length, overAt, readTopics });
  figures.notes.push(`${new Set(done).size} of ${FAIL_POINT_NAMES.length} points`);
  return withBroken(
    figures,
    missed.map((what) => `missed ${what}`),
  );
}

/** Why a service ended by itself. */
const lastLine = ({ logFile }: Instance): string => readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';

/** Every point equally often if the number allows it, in random order. */
function planKills(kills: number, random: () => number): { point: FailPointName; passBy: number }[] {
  const rounds = Array.from({ length: Math.ceil(kills / FAIL_POINT_NAMES.length) }, () =>
    shuffled(FAIL_POINT_NAMES, random),
  );
  return rounds
    .flat()
    .slice(0, kills)
    .map((point) => ({ point, passBy: isPassedOften(point) ? Math.floor(random() * 3) : 0 }));
}

/** Whether an order passes the point several times. It passes the other points once. */
const isPassedOften = (point: FailPointName): boolean => /^(enricher|sink)/.test(point);
