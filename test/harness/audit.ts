import type { ChangeRecord, EnrichedRecord } from 'qcc-core/contract/domain';
import type { TestBed } from './pipeline.ts';
import { readAvro } from './read-avro.ts';

/** What a comparison of topics and tables with the simulator's truth found. */
export type Audit = {
  orders: number;
  records: number;
  /** Occurrences that a topic or a table lacks, each counted once per place. */
  lost: number;
  /** Occurrences that a read_committed reader sees more than once, or in a revision that nobody asked for. */
  doubled: number;
  /** What is there once, but not as it should be. */
  wrong: number;
  /** The first few of each, in words. */
  problems: string[];
};

type PublishedPosition = Pick<ChangeRecord, 'orderNo' | 'revision' | 'position'>;

/** What a `read_committed` reader sees on both topics, the messages of a partition in their order. */
export type SeenOnTopics = {
  records: readonly PublishedPosition[];
  enriched: readonly (PublishedPosition & { detailStatus: string })[];
};

type LedgerRow = { order_no: string; declared: number; stored: number; pending_details: number; status: string };

export const ledgerOf = (bed: TestBed): Promise<LedgerRow[]> =>
  bed.query('SELECT order_no, declared, stored, pending_details, status FROM {{db}}.orders ORDER BY order_no');

const MOST_PROBLEMS = 20;
const keyOf = (orderNo: string, revision: number, position: number) => `${orderNo}/${revision}/${position}`;

/**
 * Compares every order of the simulator, occurrence by occurrence, with `records` and `enriched-records` as a
 * read_committed subscriber sees them, with the history, with the analysts' table of changes, with the current rows and with
 * the ledger. The caller first waits until the ledger says COMPLETE and the table of changes has everything, or stops waiting.
 * @param revisions how many an order has; one unless said.
 * @param readTopics The reader of the topics. Default: the pipeline's own.
 */
export async function audit(
  bed: TestBed,
  {
    revisions = new Map(),
    readTopics = readByOurselves,
  }: { revisions?: ReadonlyMap<string, number>; readTopics?: (bed: TestBed) => Promise<SeenOnTopics> } = {},
): Promise<Audit> {
  const found: Audit = { orders: 0, records: 0, lost: 0, doubled: 0, wrong: 0, problems: [] };
  const count = (kind: 'lost' | 'doubled' | 'wrong', times: number, what: string) => {
    found[kind] += times;
    if (times > 0 && found.problems.length < MOST_PROBLEMS) found.problems.push(`${kind}: ${what}`);
  };
  const compare = (place: string, counts: ReadonlyMap<string, number>) => {
    for (const key of truth.keys()) count('lost', counts.has(key) ? 0 : 1, `${key} is not on ${place}`);
    for (const [key, times] of counts)
      count('doubled', truth.has(key) ? times - 1 : times, `${key} stands ${times} times on ${place}`);
  };

  const latestOf = (orderNo: string): number => (revisions.get(orderNo) ?? 1) - 1;
  const truth = new Map<string, { isDetailed: boolean }>();
  for (const { orderNo } of bed.simulator.orders()) {
    found.orders += 1;
    for (const { position, details } of bed.simulator.truth(orderNo).occurrences)
      for (let revision = 0; revision <= latestOf(orderNo); revision += 1)
        truth.set(keyOf(orderNo, revision, position), { isDetailed: (details?.rows.length ?? 0) > 0 });
  }
  found.records = truth.size;

  const seen = await readTopics(bed);
  compare(
    'records',
    countOf(seen.records.map(({ orderNo, revision, position }) => keyOf(orderNo, revision, position))),
  );

  const versions = Map.groupBy(seen.enriched, ({ orderNo, revision, position }) => keyOf(orderNo, revision, position));
  const settled = new Map<string, number>();
  for (const [key, list] of versions) {
    const finals = list.filter(({ detailStatus }) => detailStatus !== 'PENDING');
    if (finals.length > 0) settled.set(key, finals.length);
    count('doubled', Math.max(0, list.length - finals.length - 1), `${key} is pending more than once`);
    const last = list.at(-1);
    const isEnriched = last?.detailStatus === 'ENRICHED';
    if (last?.detailStatus === 'PENDING') count('wrong', 1, `${key} is pending after it was settled, or still`);
    else if (isEnriched !== truth.get(key)?.isDetailed) count('wrong', 1, `${key} is ${last?.detailStatus}`);
  }
  compare('enriched-records', settled);

  const history = await bed.query<{ order_no: string; revision: number; position: number }>(
    'SELECT order_no, revision, position FROM {{db}}.record_history FINAL',
  );
  compare('record_history', countOf(history.map((row) => keyOf(row.order_no, row.revision, row.position))));

  const derived = await bed.query<{ order_no: string; revision: number; position: number; detail_status: string }>(
    'SELECT order_no, revision, position, detail_status FROM {{db}}.change_log FINAL',
  );
  compare('change_log', countOf(derived.map((row) => keyOf(row.order_no, row.revision, row.position))));
  for (const { order_no, revision, position, detail_status } of derived) {
    const key = keyOf(order_no, revision, position);
    const last = versions.get(key)?.at(-1)?.detailStatus;
    count('wrong', detail_status === last ? 0 : 1, `${key} is ${detail_status} in change_log, not ${last}`);
  }

  const current = await bed.query<{ id: string; order_no: string; revision: number; position: number }>(
    'SELECT id, order_no, revision, position FROM {{db}}.records',
  );
  const rows = Map.groupBy(current, ({ id }) => id);
  for (const { id, orderNo, position } of bed.simulator.currentTruth()) {
    const [row, ...more] = rows.get(id) ?? [];
    rows.delete(id);
    count('lost', row ? 0 : 1, `id ${id} is not in the view records`);
    count('doubled', more.length, `id ${id} has ${more.length + 1} rows in the view records`);
    const expected = keyOf(orderNo, latestOf(orderNo), position);
    const shown = row && keyOf(row.order_no, row.revision, row.position);
    if (shown && shown !== expected) count('wrong', 1, `id ${id} is of ${shown}, not of ${expected}`);
  }
  count('doubled', rows.size, `${rows.size} ids in the view records that QCC never sent`);

  for (const { order_no, status, declared, stored } of await ledgerOf(bed))
    if (status !== 'COMPLETE' || stored !== declared) count('wrong', 1, `order ${order_no} is ${status}`);
  return found;
}

/** By the pipeline's own client and decoder. */
export async function readByOurselves(bed: TestBed): Promise<SeenOnTopics> {
  const enriched = await readAvro<EnrichedRecord>(bed, 'enriched-records');
  return {
    records: await readAvro<ChangeRecord>(bed, 'records'),
    enriched: enriched.map(({ record, detailStatus }) => ({ ...record, detailStatus })),
  };
}

function countOf(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
