import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '../../../scripts/run-services.ts';
import type { Instance } from '../../harness/instances.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import { until } from '../../harness/until.ts';
import { openFaultFleet } from '../fault-fleet.ts';
import { readCalls, type StartedCall } from '../log-calls.ts';
import { conclude, type FaultInput, type RowFigures, withBroken } from '../row.ts';

export const QCC_FAULTS = { serverError: 0.3, timeout: 0.2, reset: 0.1 } as const;
const RATE = QCC_FAULTS.serverError + QCC_FAULTS.timeout + QCC_FAULTS.reset;
const ORDER_LOOKUPS = 500;
const DETAILS = ['getExceptions', 'getSeriousViolation', 'getShiXinList'] as const;
const MINUTE_MS = 60_000;
/**
 * How long after QCC sent its refusal a call may still begin: the response's way to the instance that asked, and from there
 * over the broker to the other one. Once an instance knows, it begins none.
 */
const WORD_MS = 1_000;
/** How long a stop code is watched to be obeyed. */
const STOP_MS = 10_000;

/** A time without detail calls: from QCC's first refusal until the quota opens again, or until a person has reset the circuit breaker. */
type Rest = { code: string; refusedAt: number; until: number };

/**
 * QCC fails three detail calls in five and is not done with a fifth of the rest; its daily quota closes and opens again,
 * and then the account is stopped until a person has paid. Two instances of the enricher ask. The faults never end.
 */
export async function runQccFaults(
  bed: TestBed,
  { lookups, opensInMs, say }: FaultInput<'lookups' | 'opensInMs'>,
): Promise<RowFigures> {
  const { simulator } = bed;
  await using fleet = openFaultFleet(bed);
  const quota = Math.round(lookups * 0.4);
  simulator.faults.set({
    rates: { details: QCC_FAULTS },
    processingShare: 0.2,
    hangMs: 10_000,
    quota: { details: quota },
  });
  const startedAt = Date.now();
  const others = SERVICES.filter((service) => service !== 'detail-enricher');
  await Promise.all(others.map(async (service) => await (await fleet.start(service)).ready()));
  // QUOTA_OPENS_AT is a minute of the day; the enrichers need about as long to start as the others did.
  const opensAt = Math.ceil((Date.now() + (Date.now() - startedAt) + opensInMs) / MINUTE_MS) * MINUTE_MS;
  const env = {
    QCC_TIMEOUT_MS: '4000',
    DETAIL_CONCURRENCY: '64',
    // So that the unluckiest of the lookups, which fails some seventeen times, is not asked for with pauses of minutes.
    DETAIL_RETRY_MAX_MS: '5000',
    QUOTA_OPENS_AT: shanghaiMinute(opensAt),
  };
  const callLogs = ['a', 'b'].map((name) => join(bed.folder, `calls-${name}.ndjson`));
  const enrichers = await Promise.all(
    callLogs.map((file) => fleet.start('detail-enricher', { ...env, CALL_LOG: file })),
  );
  await Promise.all(enrichers.map((each) => each.ready()));
  const endings: string[] = [];
  for (const { ended } of enrichers) void ended.then((how) => endings.push(`an enricher ended with ${how}`));
  await until('both instances have partitions', MINUTE_MS, async () => {
    const shares = await Promise.all(enrichers.map((each) => each.metric('qcc_detail_budget_left')));
    return shares.every((share) => share > 0);
  });
  for (let sent = 0; sent < lookups; sent += ORDER_LOOKUPS)
    await simulator.createOrder({ records: ORDER_LOOKUPS, types: ['2', '10', '11'], withoutCheckId: 0 });
  say(`${lookups} lookups sent; the quota of ${quota} calls opens again in ${seconds(opensAt - Date.now())} s`);

  const rests: Rest[] = [];
  const rest = async (code: string, limitMs: number, end: () => Promise<number>): Promise<void> => {
    await until(`QCC answers ${code}`, limitMs, async () => firstRefusal(bed, code) !== undefined);
    const refusedAt = firstRefusal(bed, code) ?? Number.NaN;
    say(`QCC answers ${code}`);
    rests.push({ code, refusedAt, until: await end() });
    say(`asked again from now on, after ${seconds(Date.now() - refusedAt)} s`);
  };

  await rest('116', opensAt - Date.now(), async () => {
    await sleep(opensAt - Date.now());
    simulator.faults.set({ quota: {} });
    return opensAt;
  });
  await until('QCC has answered two thirds', 300_000, async () => countCalls(bed).answered > (lookups * 2) / 3);
  simulator.faults.set({ codes: Object.fromEntries(DETAILS.map((endpoint) => [endpoint, '102'])) });
  await rest('102', MINUTE_MS, async () => {
    await sleep(STOP_MS);
    simulator.faults.set({ codes: {} });
    const openedAt = Date.now();
    const { exitCode, err } = await runQcc(bed.env, ['details', 'open']);
    if (exitCode !== 0) throw new Error(`qcc details open failed: ${err}`);
    return openedAt;
  });
  const figures = await conclude({ bed, fleet, faults: countCalls(bed).failed + rests.length, overAt: Date.now() });
  const calls = countCalls(bed);
  const inevitable = Math.round((calls.distinct + calls.processing) / (1 - RATE));
  const late = rests.map((each) =>
    describeRest(
      each,
      enrichers.map((instance, index) => ({
        calls: readCalls(callLogs[index]!),
        knewAt: knewOf(instance, each.refusedAt),
      })),
    ),
  );
  figures.notes.push(
    `faults until the end; ${lookups} lookups, ${figures.problems.length === 0 ? 'all settled' : 'NOT all settled'}`,
    `${calls.answered} answered calls (200, 201) for ${calls.distinct} distinct of endpoint, company, checkId and page, whatever the freshness: ${ratio(calls.answered, calls.distinct)} (at most 1.05)`,
    `${calls.all} attempts, ${inevitable} inevitable for the distinct and ${calls.processing} times 205: ${ratio(calls.all, inevitable)} (at most 1.1)`,
    ...late.map(({ note }) => note),
  );
  const broken = [
    calls.answered > 1.05 * calls.distinct && 'too many answered calls',
    calls.all > 1.1 * inevitable && 'too many attempts',
    ...late.map(({ code, calls: count }) => count > 0 && `${count} calls after ${code}`),
    ...endings,
  ];
  return withBroken(figures, broken);
}

/** Calls that began while they had to rest, by the clock of the instance that made them; `calls` must be none. */
function describeRest(
  { code, refusedAt, until: openedAt }: Rest,
  instances: readonly { calls: readonly StartedCall[]; knewAt: number }[],
): { code: string; calls: number; note: string } {
  const found = instances.map(({ calls, knewAt }) => {
    const begun = calls.map(({ at }) => at).filter((at) => at > refusedAt && at < openedAt);
    return {
      knewAfterMs: knewAt - refusedAt,
      begun: begun.length,
      tooLate: begun.filter((at) => at > knewAt || at > refusedAt + WORD_MS).length,
    };
  });
  const calls = found.reduce((sum, { tooLate }) => sum + tooLate, 0);
  const before = found.map(({ knewAfterMs, begun }) =>
    Number.isFinite(knewAfterMs)
      ? `${begun} in the ${knewAfterMs} ms until it knew`
      : `${begun}, and it never said that it knew`,
  );
  return {
    code,
    calls,
    note: `${code}: ${calls} calls begun by an instance that knew, or ${WORD_MS} ms after QCC sent it, until it opened ${seconds(openedAt - refusedAt)} s later; on the one instance ${before.join(', on the other ')}`,
  };
}

/** When the instance says in its log that no call may be made, whether QCC has told it or the other instance. */
function knewOf({ logFile }: Instance, refusedAt: number): number {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"no detail calls'));
  const times = lines.map((line) => Date.parse(JSON.parse(line).time));
  return times.find((time) => time >= refusedAt) ?? Number.POSITIVE_INFINITY;
}

const detailCalls = (bed: TestBed) =>
  bed.simulator.calls.log().filter(({ endpoint }) => DETAILS.some((name) => name === endpoint));

const firstRefusal = (bed: TestBed, refusal: string): number | undefined =>
  detailCalls(bed).find(({ code }) => code === refusal)?.at;

function countCalls(bed: TestBed) {
  const calls = detailCalls(bed);
  const answered = calls.filter(({ code }) => code === '200' || code === '201');
  const isFault = (code: string) => /^(HTTP_|TIMEOUT|RESET)/.test(code);
  return {
    all: calls.length,
    answered: answered.length,
    processing: calls.filter(({ code }) => code === '205').length,
    failed: calls.filter(({ code }) => isFault(code)).length,
    distinct: new Set(answered.map((call) => [call.endpoint, call.corpKeyNo, call.checkId, call.pageIndex].join('|')))
      .size,
  };
}

const shanghaiMinute = (at: number): string =>
  new Date(at).toLocaleTimeString('en-GB', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit' });
const seconds = (ms: number): number => Math.round(ms / 1_000);
const ratio = (count: number, of: number): string => (count / of).toFixed(3);
