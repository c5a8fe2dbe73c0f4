import type { TestBed } from '../../harness/pipeline.ts';
import { openFleet } from '../instances.ts';
import { conclude, type RowFigures, type Say, until } from '../row.ts';

export const QCC_FAULTS = { serverError: 0.3, timeout: 0.2, reset: 0.1 } as const;
const RATE = QCC_FAULTS.serverError + QCC_FAULTS.timeout + QCC_FAULTS.reset;
const ORDER_LOOKUPS = 500;
const DETAILS = ['getExceptions', 'getSeriousViolation', 'getShiXinList'];
const FAULTY_LIMIT_MS = 180_000;

/** QCC fails three detail calls in five and is not done with a fifth of the rest. */
export async function runQccFaults(bed: TestBed, { lookups, say }: { lookups: number; say: Say }): Promise<RowFigures> {
  await using fleet = openFleet(bed);
  bed.simulator.faults.set({ rates: { details: QCC_FAULTS }, processingShare: 0.2, hangMs: 2_000 });
  await fleet.startAll({ QCC_TIMEOUT_MS: '500', DETAIL_CONCURRENCY: '64' });
  for (let sent = 0; sent < lookups; sent += ORDER_LOOKUPS) {
    bed.simulator.account.noteCallback(true);
    await bed.simulator.createOrder({ records: ORDER_LOOKUPS, types: ['2', '10', '11'], withoutCheckId: 0 });
  }
  const pending = async () => {
    const [row] = await bed.query<{ pending: number; stored: number }>(
      'SELECT sum(pending_details) AS pending, sum(stored) AS stored FROM {{db}}.orders',
    );
    return (row?.stored ?? 0) < lookups ? lookups : (row?.pending ?? lookups);
  };
  await until('all but a fiftieth is settled', FAULTY_LIMIT_MS, async () => {
    const open = await pending();
    say(`${open} of ${lookups} wait for details`);
    return open <= lookups / 50;
  }).catch(() => {});
  const left = await pending();
  const report = countCalls(bed);
  // Pauses double to five minutes: the rest is asked for without faults, as it would else take most of an hour.
  bed.simulator.faults.set({ rates: {} });
  const overAt = Date.now();
  const figures = await conclude({
    row: 'QCC: 5xx, time-outs, resets, 205',
    bed,
    fleet,
    faults: report.failed,
    overAt,
    limitMs: 700_000,
    notes: [`${left} of ${lookups} lookups still waited when the faults ended`],
  });
  const { answered, distinct } = countCalls(bed);
  const inevitable = (report.answered + report.processing) / (1 - RATE);
  const attempts = report.answered + report.processing + report.failed;
  figures.notes.push(
    `${answered} answered calls for ${distinct} distinct: ${(answered / distinct).toFixed(3)} (at most 1.05)`,
    `${attempts} attempts under faults, ${Math.round(inevitable)} inevitable: ${(attempts / inevitable).toFixed(3)} (at most 1.1)`,
  );
  return {
    ...figures,
    wrong: figures.wrong + (answered > 1.05 * distinct ? 1 : 0) + (attempts > 1.1 * inevitable ? 1 : 0),
  };
}

function countCalls(bed: TestBed) {
  const calls = bed.simulator.calls.log().filter(({ endpoint }) => DETAILS.includes(endpoint));
  const answered = calls.filter(({ code }) => code === '200' || code === '201');
  const isFault = (code: string) => /^(HTTP_|TIMEOUT|RESET)/.test(code);
  return {
    answered: answered.length,
    processing: calls.filter(({ code }) => code === '205').length,
    failed: calls.filter(({ code }) => isFault(code)).length,
    distinct: new Set(answered.map((call) => [call.endpoint, call.corpKeyNo, call.checkId, call.pageIndex].join('|')))
      .size,
  };
}
