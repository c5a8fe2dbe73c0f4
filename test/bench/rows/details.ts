/** Detail calls under a rate, by one instance and by two: how many start, and how many QCC sees. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { OURS } from '../../campaign/waits.ts';
import { openFleet } from '../../harness/instances.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { openTestBed, type TestBed } from '../../harness/pipeline.ts';
import { until } from '../../harness/until.ts';
import { type Bar, type RowFigures, type RowInput, type Series, TURN_LIMIT_MS } from '../row.ts';

const AT_LEAST = 0.95;
/** Each with a backlog and an account of its own. */
const RUNS = [
  { rate: 50, instances: 1 },
  { rate: 50, instances: 2 },
  { rate: 200, instances: 1 },
  { rate: 200, instances: 2 },
] as const;
const DETAIL_CALLS: readonly string[] = ['getExceptions', 'getSeriousViolation', 'getShiXinList'];
/** The calls of this many seconds are not counted: partitions may not be assigned yet, nor connections open. */
const WARM_UP = 8;

export async function benchDetails({ bed, short, say, within }: RowInput): Promise<RowFigures> {
  const seconds = short ? 5 : 20;
  const bars: Bar[] = [];
  const series: Series[] = [];
  for (const { rate, instances } of RUNS) {
    const turn = { side: OURS, what: `${rate} calls a second by ${instances}`, limitMs: TURN_LIMIT_MS };
    const { arrived, started } = await within(turn, () => callTimes(bed, { rate, instances, seconds }));
    const share = arrived.length / seconds / rate;
    const most = mostInASecond(started);
    const mostArrived = mostInASecond(arrived);
    const whose = instances === 1 ? 'one instance' : `${instances} instances`;
    const what = `detail calls at ${rate} a second by ${whose}`;
    const peer = 'the rate set';
    bars.push(
      {
        what,
        peer,
        bar: `at least ${AT_LEAST} of it`,
        measured: `${share.toFixed(3)} of it`,
        kept: share >= AT_LEAST,
      },
      {
        what: `${what}, the most that start in any second`,
        peer,
        bar: `${rate}`,
        measured: `${most} (${mostArrived} arrive)`,
        kept: most <= rate,
      },
    );
    series.push({ side: what, unit: 'per second', runs: perSecond(arrived, seconds) });
    say(`${what}: ${share.toFixed(3)} of the rate, at most ${most} start and ${mostArrived} arrive in a second`);
  }
  return {
    bars,
    series,
    notes: [
      `A backlog of records that all need a call; QCC answers at once. Calls are counted for ${seconds} s, after a warm-up of ${WARM_UP} s' calls, once all instances are ready.`,
      "The share of the rate is that of all calls that arrive in that time, by QCC's log; the runs given here are its single seconds.",
      'The most in any second: in any window of 1,000 ms, wherever it begins, not in whole seconds of the clock.',
      'The rate limits the starts of calls, so the bar counts them, by the `sentAt` of the kept responses. More can arrive in a second if the machine delays some calls by over 35 ms more than others.',
    ],
  };
}

/** When the calls of the steady part started and arrived, ms from its beginning. */
async function callTimes(
  bed: TestBed,
  { rate, instances, seconds }: { rate: number; instances: number; seconds: number },
): Promise<{ started: number[]; arrived: number[] }> {
  await using own = await openTestBed({
    stack: bed.stack,
    simulator: { seed: 'bench' },
    env: { DETAIL_RATE_PER_SECOND: String(rate), DETAIL_CONCURRENCY: '64' },
  });
  await using fleet = openFleet(own);
  const records = rate * (seconds + 30);
  const gateway = await fleet.start('callback-gateway');
  const extractor = await fleet.start('archive-extractor');
  await Promise.all([gateway.ready(), extractor.ready()]);
  await own.simulator.createOrder({ records, types: ['2', '10', '11'], withoutCheckId: 0 });
  await until(
    'the backlog is on its topic',
    PATIENCE.timeout,
    async () => (await extractor.metric('qcc_records_published_total')) === records,
  );
  const detailCalls = () => own.simulator.calls.log().filter(({ endpoint }) => DETAIL_CALLS.includes(endpoint));
  const enrichers = await Promise.all(Array.from({ length: instances }, () => fleet.start('detail-enricher')));
  await Promise.all(enrichers.map((enricher) => enricher.ready()));
  await until('the calls are well under way', PATIENCE.timeout, async () => detailCalls().length >= rate * WARM_UP);
  const from = Date.now();
  await sleep(seconds * 1_000);
  const left = await Promise.all(enrichers.map((enricher) => enricher.metric('qcc_pending_details')));
  if (left.some((waiting) => waiting < rate))
    throw new Error(`an instance ran out of records: ${left.join(', ')} left`);
  const steady = (times: readonly number[]) =>
    times.map((at) => at - from).filter((ms) => ms >= 0 && ms < seconds * 1_000);
  const arrived = steady(detailCalls().map(({ at }) => at));
  const started = steady(await startTimes(join(own.folder, 'evidence')));
  if (started.length < AT_LEAST * arrived.length)
    throw new Error(`of ${arrived.length} calls the store keeps only ${started.length}`);
  return { started, arrived };
}

/** When each call whose response is kept started, in ascending order: the time is a part of the key. */
async function startTimes(evidence: string): Promise<number[]> {
  const times: number[] = [];
  for await (const { key } of openFolderStore(evidence).list('answers/')) {
    const sentAt = /-(\d{13})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d+\.json$/.exec(key)?.[1];
    if (sentAt !== undefined) times.push(Number(sentAt));
  }
  return times.sort((a, b) => a - b);
}

/** Of times in ascending order. */
function mostInASecond(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while (times[first]! <= time - 1_000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

const perSecond = (times: readonly number[], seconds: number): number[] =>
  Array.from({ length: seconds }, (_, second) => times.filter((time) => Math.floor(time / 1_000) === second).length);
