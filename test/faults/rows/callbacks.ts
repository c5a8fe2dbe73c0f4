import type { Order } from 'qcc-core/contract/domain';
import type { TestBed } from '../../harness/pipeline.ts';
import { readAvro } from '../../harness/read-avro.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import { until } from '../../harness/until.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { conclude, type FaultInput, type RowFigures, shuffled, withBroken } from '../row.ts';

const TIMES = 10;
const RECORDS = 8;
const REPEATED = 3;
const HOUR_MS = 3_600_000;
const AT_ONCE = 6;
/** A case begins when fewer orders than this are open, so its callbacks come while orders of the case before it are processed. */
const MOST_OPEN = 30;

/**
 * Each case is one to three orders that share ids with those before them, pushed at drawn hours, so that an old one may
 * come after a new one. QCC calls back ten times for each, all shuffled, and a person replays some in between. The model: the first
 * message of an order makes its first revision, each later replay makes one more, and all other messages make none.
 */
export async function runCallbacks(bed: TestBed, { cases, random, say }: FaultInput<'cases'>): Promise<RowFigures> {
  const { simulator } = bed;
  await using fleet = openFaultFleet(bed);
  await fleet.startAll();
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const refused: string[] = [];
  const now = Date.now();
  let asked = 0;
  let overAt = now;

  const callBack = async (orderNo: string): Promise<void> => {
    const { kind } = await simulator.sendCallback(orderNo);
    if (kind !== 'delivered') refused.push(`${orderNo} ${kind}`);
  };
  const replay = async (orderNo: string): Promise<void> => {
    const { exitCode, err } = await runQcc(bed.env, ['replay', orderNo]);
    if (exitCode !== 0) throw new Error(`qcc replay ${orderNo} failed: ${err}`);
    asked += 1;
  };
  const open = async () => simulator.orders().length - (await revisionsInLedger(bed)).size;

  for (let done = 0; done < cases; done += 1) {
    const orderNos: string[] = [];
    for (let orders = 1 + upTo(2); orders > 0; orders -= 1) {
      const pushDate = new Date(now - upTo(5) * HOUR_MS).toISOString();
      const order = await simulator.createOrder({ records: RECORDS, repeat: REPEATED, callback: false, pushDate });
      orderNos.push(order.orderNo);
    }
    const deliveries = orderNos.flatMap((orderNo) => [
      ...Array.from({ length: TIMES }, () => () => callBack(orderNo)),
      ...Array.from({ length: upTo(1) * upTo(2) }, () => () => replay(orderNo)),
    ]);
    const waiting = shuffled(deliveries, random);
    while (waiting.length > 0) await Promise.all(waiting.splice(0, AT_ONCE).map((deliver) => deliver()));
    overAt = Date.now();
    await until('few orders are open', 120_000, async () => (await open()) < MOST_OPEN);
    if ((done + 1) % 20 === 0) say(`${done + 1} of ${cases} cases`);
  }

  const messages = Map.groupBy(await readAvro<Order>(bed, 'orders'), ({ orderNo }) => orderNo);
  const revisions = new Map([...messages].map(([orderNo, list]) => [orderNo, revisionsOf(list)]));
  await until('every replay is extracted', 120_000, async () => {
    const stored = await revisionsInLedger(bed);
    return [...revisions].every(([orderNo, count]) => stored.get(orderNo) === count - 1);
  });
  const figures = await conclude({ bed, fleet, faults: TIMES * simulator.orders().length + asked, overAt, revisions });
  const count = (source: Order['source']) =>
    [...messages.values()].flat().filter((one) => one.source === source).length;
  figures.notes.push(
    `${cases} cases; on \`orders\` ${count('callback')} messages of callbacks, ${count('replay')} of replays, ${count('reconcile')} of reconcile`,
    `${[...revisions.values()].reduce((sum, each) => sum + each, 0)} revisions`,
  );
  const lost = asked - count('replay');
  return withBroken(figures, [...refused, lost !== 0 && `${lost} replays that were asked for never came`]);
}

/** In the order of their coming: whatever comes first is the first revision, and each replay behind it is one more. */
const revisionsOf = (messages: readonly Order[]): number =>
  1 + messages.slice(1).filter(({ source }) => source === 'replay').length;

/** The latest revision of each order that is complete. */
async function revisionsInLedger(bed: TestBed): Promise<Map<string, number>> {
  const rows = await bed.query<{ order_no: string; revision: number }>(
    "SELECT order_no, revision FROM {{db}}.orders WHERE status = 'COMPLETE'",
  );
  return new Map(rows.map(({ order_no, revision }) => [order_no, revision]));
}
