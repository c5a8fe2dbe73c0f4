import fc from 'fast-check';
import { compareVersions, packVersion } from 'qcc-core/contract/version';

/** A version of a change as the sink is given it. */
export type Version = {
  account: string;
  id: string;
  orderNo: string;
  revision: number;
  position: number;
  pushDate: number;
  detailStatus: 'PENDING' | 'ENRICHED' | 'NOT_APPLICABLE';
  detailsFetchedAt: number | null;
  corpName: string;
};

const MOST_CHANGES = 5;
const DAY = Date.parse('2026-03-16T09:00:00+08:00');

/** What becomes of a change's details: none, or settled some time after the order was pushed, perhaps pending before. */
const settling = fc.option(fc.record({ pendingFirst: fc.boolean(), afterMs: fc.nat(1_000) }));

/** An order and its replays over few ids, so that ids come again within an order and across orders. */
const order = fc.record({
  // Days and numbers agree only by chance: a later number may have been pushed earlier, or in the same second.
  hour: fc.nat(2),
  ids: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: MOST_CHANGES }),
  revisions: fc.array(fc.array(settling, { minLength: MOST_CHANGES, maxLength: MOST_CHANGES }), {
    minLength: 1,
    maxLength: 3,
  }),
});

/** One to four orders, some of them replayed, and a draw of the order in which everything arrives. */
export const arrivalCase = fc.record({ orders: fc.array(order, { minLength: 1, maxLength: 4 }), arrival: fc.nat() });
export type ArrivalCase = typeof arrivalCase extends fc.Arbitrary<infer Value> ? Value : never;

/** Everything that is published for the case, in the order in which it was meant. */
export const versionsOf = (account: string, { orders }: ArrivalCase): Version[] =>
  orders.flatMap(({ hour, ids, revisions }, number) =>
    revisions.flatMap((settlings, revision) =>
      ids.flatMap((id, position): Version[] => {
        const pushDate = DAY + hour * 3_600_000;
        const corpName = `${number}/${revision}/${position}`;
        const named = { account, id, orderNo: `DD${number}`, revision, position, pushDate, corpName };
        const details = settlings[position];
        if (!details) return [{ ...named, detailStatus: 'NOT_APPLICABLE', detailsFetchedAt: null }];
        const pending = { ...named, detailStatus: 'PENDING' as const, detailsFetchedAt: null };
        const settled = {
          ...named,
          detailStatus: 'ENRICHED' as const,
          detailsFetchedAt: pushDate + details.afterMs,
        };
        return details.pendingFirst ? [pending, settled] : [settled];
      }),
    ),
  );

/** The tables by key, what they have to show for it: computed from the set of versions alone. */
export type Shown = ReadonlyMap<string, string>;

/** The view `records`: an id once, by its greatest version. */
export const modelOfCurrent = (versions: readonly Version[]): Shown =>
  newestBy(versions, ({ account, id }) => `${account} ${id}`);

/** The history: an occurrence once, replays included. */
export const modelOfHistory = (versions: readonly Version[]): Shown =>
  newestBy(versions, ({ account, orderNo, revision, position }) => `${account} ${orderNo}/${revision}/${position}`);

/** The ledger: an order once, by its latest revision, with as many positions stored as it has. */
export function modelOfLedger(versions: readonly Version[]): Shown {
  const orders = Map.groupBy(versions, ({ account, orderNo }) => `${account} ${orderNo}`);
  return new Map(
    [...orders].map(([key, list]) => {
      const revision = Math.max(...list.map((one) => one.revision));
      const positions = new Set(list.filter((one) => one.revision === revision).map(({ position }) => position));
      return [key, `${revision} ${positions.size} COMPLETE`];
    }),
  );
}

function newestBy(versions: readonly Version[], key: (version: Version) => string): Shown {
  const newest = (list: readonly Version[]) =>
    list.reduce((best, one) => (compareVersions(versionOf(one), versionOf(best)) > 0 ? one : best));
  return new Map(
    [...Map.groupBy(versions, key)].map(([name, list]) => {
      const { corpName, detailStatus } = newest(list);
      return [name, `${corpName} ${detailStatus}`];
    }),
  );
}

const versionOf = (one: Version): Buffer =>
  packVersion({ ...one, settled: one.detailStatus !== 'PENDING', fetchedAt: one.detailsFetchedAt });
