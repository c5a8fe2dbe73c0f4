import { type Audit, audit, ledgerOf, type SeenOnTopics } from '../harness/audit.ts';
import type { TestBed } from '../harness/pipeline.ts';
import type { Say } from '../harness/say.ts';
import { until } from '../harness/until.ts';
import type { WatchedFleet } from './watch-progress.ts';

/** Reads the topics for the comparison, as a subscriber sees them. */
export type ReadTopics = (bed: TestBed) => Promise<SeenOnTopics>;

/** What a row on one broker is given besides its bed: how much to do, by name, and the same random numbers for the same seed. */
export type FaultInput<Amount extends string = never> = Record<Amount, number> & { random: () => number; say: Say };

/** What a row of the campaign has to show. */
export type RowFigures = Omit<Audit, 'problems'> & {
  faults: number;
  /** Orders that made no progress for two minutes while every service said that it was ready. */
  stuck: number;
  /** From the end of the last fault until every order was complete. */
  secondsToRecover: number;
  peakMemoryMiB: Readonly<Record<string, number>>;
  /** Whatever else was counted, in words. */
  notes: string[];
  problems: string[];
};

export const countComplete = async (bed: TestBed): Promise<number> =>
  (await ledgerOf(bed)).filter(({ status }) => status === 'COMPLETE').length;

/** Waits until every order of the simulator is complete, all open ones are stuck, or the limit is over. Then it compares everything. */
export async function conclude(input: {
  bed: TestBed;
  fleet: WatchedFleet;
  faults: number;
  /** When the last fault was over, milliseconds since the epoch. */
  overAt: number;
  limitMs?: number;
  notes?: string[];
  /** How many revisions an order has; one unless said. */
  revisions?: ReadonlyMap<string, number>;
  /** The reader of the topics. Default: the pipeline's own. */
  readTopics?: ReadTopics | undefined;
}): Promise<RowFigures> {
  const { bed, limitMs = 300_000 } = input;
  const expected = bed.simulator.orders().length;
  const broken: string[] = [];
  const { progress } = input.fleet;
  await until('every order is complete and in the tables for analysts, in each revision', limitMs, async () =>
    isOver({
      orders: expected,
      complete: await countComplete(bed),
      pending: await countPending(bed),
      stuck: progress.stuck().length,
    }),
  ).catch((error) => broken.push(String(error)));
  const stuck = progress.everStuck();
  if (stuck.length > 0) broken.push(`stuck: ${stuck.join(', ')}`);
  const secondsToRecover = Math.round((Date.now() - input.overAt) / 100) / 10;
  const figures = {
    faults: input.faults,
    stuck: stuck.length,
    secondsToRecover,
    peakMemoryMiB: input.fleet.peakMemory(),
    notes: [...(input.notes ?? [])],
    ...(await audit(bed, {
      ...(input.revisions && { revisions: input.revisions }),
      ...(input.readTopics && { readTopics: input.readTopics }),
    })),
  };
  return withBroken(figures, broken);
}

/**
 * Whether a row has nothing more to wait for: every order is complete and nothing is pending, or each open order is stuck.
 * An order is complete by its latest revision. A record of an earlier one may be pending then.
 */
export const isOver = ({
  orders,
  complete,
  pending,
  stuck,
}: Record<'orders' | 'complete' | 'pending' | 'stuck', number>): boolean =>
  complete === orders ? pending === 0 : stuck === orders - complete;

/**
 * Counts the records of all revisions whose details are not settled, or are not in the tables for analysts. The view `orders` covers only
 * the latest revision and the history.
 */
async function countPending(bed: TestBed): Promise<number> {
  const [row] = await bed.query<{ pending: number }>(
    `SELECT toUInt32(sum(parsed - least(settled, derived))) AS pending FROM (
      SELECT groupBitmapMerge(l.parsed) AS parsed, groupBitmapMerge(l.settled) AS settled,
        groupBitmapMerge(l.derived_settled) AS derived
      FROM {{db}}.order_ledger AS l GROUP BY l.account, l.order_no, l.revision
    )`,
  );
  return row!.pending;
}

/** The figures of a row, with each limit that was not kept named, and counted as wrong; `false` is one that was kept. */
export function withBroken(figures: RowFigures, limits: readonly (string | false)[]): RowFigures {
  const broken = limits.filter((each) => each !== false);
  return { ...figures, wrong: figures.wrong + broken.length, problems: [...figures.problems, ...broken] };
}

/** An order as rows send them; QCC's count of failures is set back, as re-activation is a matter of its own. */
export async function sendOrder(bed: TestBed, request: { records?: number; repeat?: number } = {}): Promise<string> {
  bed.simulator.account.noteCallback(true);
  const { orderNo } = await bed.simulator.createOrder({ records: 60, ...request });
  return orderNo;
}

export const shuffled = <Item>(items: readonly Item[], random: () => number): Item[] =>
  items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
