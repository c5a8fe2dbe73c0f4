/** From the callback of a small order to its rows in ClickHouse, with their details. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OURS } from '../../campaign/waits.ts';
import { openFleet } from '../../harness/instances.ts';
import { PATIENCE } from '../../harness/patience.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { type Bar, median, NO_PEER, percentile, type RowFigures, type RowInput, TURN_LIMIT_MS } from '../row.ts';

const RECORDS = 20;
/** One of each kind that has details; the others are of kinds that have none. */
const TYPES = [
  '2',
  '10',
  '11',
  ...Array.from({ length: RECORDS - 3 }, (_, index) => ['4', '5', '6', '7', '8'][index % 5]!),
];
const WITH_DETAILS = 3;
const QCC_ANSWERS_IN_MS = 20;
const WARM_UP = 10;
const POLL_MS = 10;
const BARS = [
  { hundredths: 50, mostMs: 500 },
  { hundredths: 99, mostMs: 1_500 },
] as const;

/** How far an order has come by then, ms after its callback was sent. */
type Steps = { received: number; extracted: number; admitted: number; settled: number };

export async function benchLatency({ bed, short, say, within }: RowInput): Promise<RowFigures> {
  const orders = short ? 20 : 100;
  bed.simulator.faults.set({ latencyMs: QCC_ANSWERS_IN_MS });
  await using fleet = openFleet(bed);
  await fleet.startAll();

  const visibleMs: number[] = [];
  const sentAt = new Map<string, number>();
  for (let count = 0; count < WARM_UP + orders; count += 1) {
    const { orderNo } = await bed.simulator.createOrder({
      records: RECORDS,
      types: TYPES,
      withoutCheckId: 0,
      callback: false,
    });
    const sent = Date.now();
    const began = performance.now();
    const answered = bed.simulator.sendCallback(orderNo);
    const visible = { side: OURS, what: `order ${count} is visible`, limitMs: TURN_LIMIT_MS };
    await within(visible, () => untilVisible(bed, orderNo));
    const took = performance.now() - began;
    const { kind } = await answered;
    if (kind !== 'delivered') throw new Error(`the callback of order ${orderNo} was ${kind}`);
    if (count < WARM_UP) continue;
    visibleMs.push(took);
    sentAt.set(orderNo, sent);
    if (visibleMs.length % 20 === 0)
      say(`${visibleMs.length} orders, the median so far ${median(visibleMs).toFixed(0)} ms`);
  }

  const bars = BARS.map(({ hundredths, mostMs }): Bar => {
    const measured = percentile(visibleMs, hundredths);
    return {
      what: `callback to rows with details, ${hundredths} of 100 orders`,
      peer: NO_PEER,
      bar: `within ${mostMs.toLocaleString('en')} ms`,
      measured: `${measured.toFixed(0)} ms`,
      kept: measured <= mostMs,
    };
  });
  const steps = await readSteps(bed, sentAt);
  const at = (step: keyof Steps) => median(steps.map((each) => each[step])).toFixed(0);
  return {
    bars,
    series: [{ side: 'callback to rows with details', unit: 'ms', runs: visibleMs }],
    notes: [
      `Orders of ${RECORDS} records, ${WITH_DETAILS} of them with details, one after the other, all settings at their defaults; QCC and its file host answer after ${QCC_ANSWERS_IN_MS} ms. ClickHouse is asked every ${POLL_MS} ms.`,
      `Where the median goes, ms after the callback: received ${at('received')}, extracted ${at('extracted')}, the first records settled ${at('admitted')}, the last ${at('settled')}.`,
    ],
  };
}

async function untilVisible({ query, account }: TestBed, orderNo: string): Promise<void> {
  const settled = `SELECT uniqExact(position) AS positions, uniqExactIf(position, detail_status IN ('ENRICHED', 'NO_RESULT')) AS asked
    FROM {{db}}.record_history
    WHERE account = '${account}' AND order_no = '${orderNo}' AND detail_status != 'PENDING'`;
  const deadline = Date.now() + PATIENCE.timeout;
  while (true) {
    const [row] = await query<{ positions: number; asked: number }>(settled);
    if (row?.positions === RECORDS) {
      if (row.asked !== WITH_DETAILS) throw new Error(`QCC answered about ${row.asked} records of order ${orderNo}`);
      return;
    }
    if (Date.now() > deadline) throw new Error(`order ${orderNo} has ${row?.positions} of ${RECORDS} rows`);
    await sleep(POLL_MS);
  }
}

/** By the facts of the ledger, once all are stored: they come a little later than the rows. */
async function readSteps({ query, account }: TestBed, sentAt: ReadonlyMap<string, number>): Promise<Steps[]> {
  let rows: (Steps & { orderNo: string; complete: number })[] = [];
  const isWhole = () => rows.filter(({ orderNo, complete }) => sentAt.has(orderNo) && complete).length === sentAt.size;
  await until('every fact about the orders is stored', PATIENCE.timeout, async () => {
    rows = await query(`SELECT order_no AS orderNo,
        toUnixTimestamp64Milli(minIf(at, stage = 'RECEIVED')) AS received,
        toUnixTimestamp64Milli(minIf(at, stage = 'EXTRACTED')) AS extracted,
        toUnixTimestamp64Milli(minIf(at, stage = 'ENRICHED')) AS admitted,
        toUnixTimestamp64Milli(maxIf(at, stage = 'ENRICHED')) AS settled,
        sumIf(arraySum(range -> range.last - range.first + 1, positions), stage = 'STORED') >= ${RECORDS} AS complete
      FROM {{db}}.order_events FINAL WHERE account = '${account}' GROUP BY order_no`);
    return isWhole();
  });
  return rows.flatMap(({ orderNo, received, extracted, admitted, settled }) => {
    const sent = sentAt.get(orderNo);
    if (sent === undefined) return [];
    return [
      { received: received - sent, extracted: extracted - sent, admitted: admitted - sent, settled: settled - sent },
    ];
  });
}
