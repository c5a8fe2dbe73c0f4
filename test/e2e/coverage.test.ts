import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { runCli } from 'qcc-cli/run-cli';
import { shanghaiDay } from 'qcc-core/base/shanghai-time';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { steadyPort } from '../../stack/ports.ts';
import { PATIENCE } from '../harness/patience.ts';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';

/**
 * What happens when callbacks stop: five fail, QCC is silent, the list of orders tells, the callback is activated again;
 * more than thirty orders pass unseen and a person closes the gap; of two gateways one polls, and the other after it.
 */
const DAY = '2026-03-16';
/** Of types without details, so that an order is complete as soon as it is stored. */
const SMALL = { records: 3, types: ['1', '4'] };

let pipeline: Pipeline;
let gatewayUrl: string;
const UNREACHABLE = 'http://127.0.0.1:1/qcc/callback';

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'coverage' },
    env: {
      RECONCILE_INTERVAL_MS: '500',
      RECONCILE_GRACE_MS: '0',
      ACTIVATION_MIN_INTERVAL_MS: '0',
      ACTIVATION_DAILY_LIMIT: '3',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
    },
  });
  gatewayUrl = pipeline.simulator.account.setting.callbackUrl ?? '';
  await checkedSince(Date.now());
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

/** Whether QCC answers the list. While it does not, orders gather unseen. */
const listAnswers = (answers: boolean) =>
  pipeline.simulator.faults.set({ codes: answers ? {} : { listLatestOrderNo: '205' } });

const metric = async (port: number, name: string): Promise<number | undefined> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const values = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return values.length === 0 ? undefined : values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};
const gatewayMetric = (name: string) => metric(pipeline.adminPorts['callback-gateway'], name);

const verdicts = async () =>
  Object.fromEntries(
    (
      await pipeline.query<{ push_window: string; verdict: string }>(
        `SELECT push_window, verdict FROM {{db}}.coverage WHERE day = '${DAY}' ORDER BY window_start`,
      )
    ).map(({ push_window, verdict }) => [push_window, verdict]),
  );

/** By the gateways themselves, as it stands on the record. */
async function mostActivationsOfADay(): Promise<number> {
  const [row] = await pipeline.query<{ most: number }>(
    `SELECT max(activations) AS most FROM (
       SELECT countIf(kind = 'ACTIVATED' AND result = 'STARTED' AND reason != 'BY_HAND') AS activations
       FROM {{db}}.coverage_facts FINAL GROUP BY at_day)`,
  );
  return Number(row?.most);
}

/** Resolves once a pass that began after the instant was made. */
async function checkedSince(instant: number, port = pipeline.adminPorts['callback-gateway']): Promise<void> {
  const passes = async () => (await metric(port, 'qcc_reconcile_passes_total')) ?? 0;
  const before = await passes();
  await vi.waitFor(async () => expect(await passes()).toBeGreaterThan(before + 1), PATIENCE);
  expect(Date.now()).toBeGreaterThan(instant);
}

async function qcc(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCli(
    { env: pipeline.env, print: (line) => void out.push(line), complain: (text) => void err.push(text), ask: null },
    args,
  );
  return { exitCode, out: out.join('\n'), err: err.join('') };
}

describe('a paused callback', () => {
  test('is activated again when the list names orders nobody was called for', async () => {
    const { simulator } = pipeline;
    listAnswers(false);
    simulator.account.set({ callbackUrl: UNREACHABLE });
    const kinds: (string | undefined)[] = [];
    for (let minute = 10; minute < 17; minute += 1) {
      const { callbacks } = await simulator.createOrder({ ...SMALL, pushDate: `${DAY} 09:${minute}:00` });
      kinds.push(callbacks[0]?.kind);
    }
    expect(kinds).toEqual([...Array(5).fill('failed'), 'silenced', 'silenced']);

    simulator.account.set({ callbackUrl: gatewayUrl });
    listAnswers(true);
    await vi.waitFor(async () => {
      expect(simulator.account.failures).toBe(0);
      expect(await gatewayMetric('qcc_reconcile_orders_total')).toBe(7);
      expect(await gatewayMetric('qcc_activations_total')).toBe(1);
    }, PATIENCE);

    // The order was created in the past. If the list named it before its callback came, the callback would count as lost.
    listAnswers(false);
    const { callbacks } = await simulator.createOrder({ ...SMALL, pushDate: `${DAY} 11:10:00` });
    listAnswers(true);
    expect(callbacks).toMatchObject([{ kind: 'delivered' }]);
    await vi.waitFor(async () => {
      expect(await verdicts()).toMatchObject({ '09-11': 'COMPLETE', '11-13': 'COMPLETE' });
      expect(await gatewayMetric('qcc_orders_before_horizon')).toBe(30);
    }, PATIENCE);
  });

  test('has its activation on record, once before the call and once with its result', async () => {
    await vi.waitFor(async () => {
      const facts = await pipeline.query(
        "SELECT reason, result FROM {{db}}.coverage_facts FINAL WHERE kind = 'ACTIVATED' ORDER BY source_offset",
      );
      expect(facts).toEqual(['STARTED', 'QCC_200'].map((result) => ({ reason: 'ORDERS_WITHOUT_CALLBACK', result })));
    }, PATIENCE);
  });

  test('the day is certified, the same each time, also the windows in which nothing came', async () => {
    await vi.waitFor(
      async () =>
        expect(await verdicts()).toEqual({
          '09-11': 'COMPLETE',
          '11-13': 'COMPLETE',
          '13-15': 'NOTHING_LISTED',
          '15-17': 'NOTHING_LISTED',
          '17-19': 'NOTHING_LISTED',
          '19-21': 'NOTHING_LISTED',
        }),
      PATIENCE,
    );
    const certificate = await qcc('certificate', '--day', DAY);
    expect(certificate).toMatchObject({ exitCode: 0, err: '' });
    expect(certificate.out).toContain('合计 total: 8 笔订单 orders, 声明 declared 24, 入库 stored 24');
    expect(certificate.out.match(/^[0-9a-f]{64} {2}DDMON/gm)).toHaveLength(8);
    expect(await qcc('certificate', '--day', DAY)).toEqual(certificate);
  });

  test('is left alone once the limit of the day is reached', async () => {
    // So many that one day has too many, also where Shanghai's midnight lies between them.
    for (const minute of [20, 25, 30, 35, 40]) {
      await pipeline.simulator.createOrder({ ...SMALL, pushDate: `${DAY} 11:${minute}:00`, callback: false });
      await checkedSince(Date.now());
    }
    await vi.waitFor(async () => expect(await gatewayMetric('qcc_reconcile_orders_total')).toBe(12), PATIENCE);
    await checkedSince(Date.now());
    await vi.waitFor(async () => expect(await mostActivationsOfADay()).toBe(3), PATIENCE);
  });

  test('activated manually is on the certificate of that day', async () => {
    const days = [shanghaiDay(Date.now())];
    const activations = () => pipeline.simulator.calls.report().counts.activeCallbackUrl?.['200'] ?? 0;
    const before = activations();
    expect(await qcc('callback', 'activate')).toMatchObject({ exitCode: 0, err: '' });
    expect(activations()).toBe(before + 1);
    days.push(shanghaiDay(Date.now()));
    await vi.waitFor(async () => {
      const certificates = await Promise.all(days.map((day) => qcc('certificate', '--day', day)));
      expect(certificates.map(({ out }) => out).join()).toMatch(/BY_HAND: QCC_200/);
    }, PATIENCE);
  });
});

describe('a gap', () => {
  test('is recorded where the list names nothing known, and stays until a person closes it', async () => {
    listAnswers(false);
    const pushDates = Array.from({ length: 35 }, (_, index) => `${DAY} 13:${String(10 + index).padStart(2, '0')}:00`);
    for (const pushDate of pushDates) await pipeline.simulator.createOrder({ ...SMALL, pushDate, callback: false });
    listAnswers(true);
    await vi.waitFor(async () => {
      const expected = { '09-11': 'COMPLETE', '11-13': 'GAP', '13-15': 'GAP', other: 'GAP' };
      expect(await verdicts()).toMatchObject(expected);
      expect(await gatewayMetric('qcc_open_gaps')).toBe(1);
    }, PATIENCE);

    const open = await qcc('certificate', '--day', DAY);
    expect(open.exitCode).toBe(1);
    expect(open.out).toMatch(/缺口未结案 open gap DDMON\d+\.\.DDMON\d+/);
    expect(await qcc('coverage', 'close', '--day', '2026-03-15', '--who', '张三', '--why', '无')).toMatchObject({
      exitCode: 1,
    });
    const closed = await qcc('coverage', 'close', '--day', DAY, '--who', '张三', '--why', '企查查已补发');
    expect(closed).toMatchObject({ exitCode: 0, err: '' });
    await vi.waitFor(async () => expect(await verdicts()).toMatchObject({ '13-15': 'COMPLETE' }), PATIENCE);
    await vi.waitFor(async () => expect(await gatewayMetric('qcc_open_gaps')).toBe(0), PATIENCE);
    const certificate = await qcc('certificate', '--day', DAY);
    expect(certificate).toMatchObject({ exitCode: 0, err: '' });
    expect(certificate.out).toMatch(/结案 closed .*张三: 企查查已补发/);
  });
});

describe('an order that the list has without a number', () => {
  test('leaves its window open, and the others as they are, until the list has its number', async () => {
    const { simulator } = pipeline;
    simulator.faults.set({ listOddities: ['no-number'] });
    const { orderNo } = await simulator.createOrder({ ...SMALL, pushDate: `${DAY} 17:10:00`, callback: false });
    await vi.waitFor(async () => {
      expect(await verdicts()).toMatchObject({ '15-17': 'NOTHING_LISTED', '17-19': 'GAP', '19-21': 'NOTHING_LISTED' });
      expect(await gatewayMetric('qcc_open_gaps')).toBe(1);
    }, PATIENCE);
    expect(await gatewayMetric('qcc_list_oddities_total')).toBeGreaterThan(0);
    const gaps = () => pipeline.query(`SELECT is_open, closed_by FROM {{db}}.coverage_gaps ORDER BY found_at`);
    expect((await gaps()).at(-1)).toMatchObject({ is_open: true });
    // The row as it came, in the fact of the gap: only a person can tell which order it is.
    const rows = () =>
      pipeline.query(`
        SELECT reason, toString(gap_after) AS created FROM {{db}}.coverage_facts
        WHERE kind = 'GAP' AND gap LIKE '%..?%' GROUP BY ALL`);
    const createDate = simulator.orders().find((order) => order.orderNo === orderNo)!.createDate;
    const row = `{"createDate":"${createDate}"}`;
    const found = [{ reason: `企查查列表中该行没有可用的订单号：${row}`, created: `${createDate}.000` }];
    expect(await rows()).toEqual(found);

    simulator.faults.set({ listOddities: [] });
    await vi.waitFor(async () => {
      expect(await verdicts()).toMatchObject({ '17-19': 'COMPLETE' });
      expect(await gatewayMetric('qcc_open_gaps')).toBe(0);
    }, PATIENCE);
    expect((await gaps()).at(-1)).toMatchObject({ is_open: false, closed_by: 'callback-gateway' });
    expect(await rows()).toEqual(found);
    expect(
      await pipeline.query(
        `SELECT status, toString(create_date) AS created FROM {{db}}.orders WHERE order_no = '${orderNo}'`,
      ),
    ).toEqual([{ status: 'COMPLETE', created: `${DAY} 17:09:39.000` }]);
  });
});

describe('QCC, asking the gateway to stop (106)', { tags: 'whole' }, () => {
  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${pipeline.adminPorts['callback-gateway']}/readyz`);
    const { notes } = (await response.json()) as { notes?: Record<string, string> };
    return { status: response.status, notes };
  };
  const listCalls = () => {
    const counts = pipeline.simulator.calls.report().counts.listLatestOrderNo ?? {};
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  };

  test('is asked for no list until a person has acted, and takes callbacks meanwhile', async () => {
    const { simulator } = pipeline;
    simulator.faults.set({ codes: { listLatestOrderNo: '106' } });
    await vi.waitFor(async () => expect(await gatewayMetric('qcc_list_blocked')).toBe(1), PATIENCE);
    const before = listCalls();
    await checkedSince(Date.now());
    expect(listCalls()).toBe(before);
    const { status, notes } = await readiness();
    expect([status, notes?.['list of orders']]).toEqual([200, expect.stringContaining('npx qcc details open')]);
    const { callbacks } = await simulator.createOrder({ ...SMALL, pushDate: `${DAY} 19:10:00` });
    expect(callbacks).toMatchObject([{ kind: 'delivered' }]);

    simulator.faults.set({ codes: {} });
    expect(await qcc('details', 'open')).toMatchObject({ exitCode: 0, err: '' });
    await vi.waitFor(async () => {
      expect(await gatewayMetric('qcc_list_blocked')).toBeUndefined();
      expect(await verdicts()).toMatchObject({ '19-21': 'COMPLETE' });
    }, PATIENCE);
    expect((await readiness()).notes).toBeUndefined();
  });
});

describe('two gateways', { tags: 'whole' }, () => {
  let second: ChildProcess;
  let secondPort: number;

  beforeAll(async () => {
    secondPort = await steadyPort();
    second = startChild(process.execPath, [...process.execArgv, join(ROOT, 'services/callback-gateway/src/main.ts')], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...pipeline.env, GATEWAY_PORT: '0', ADMIN_PORT: String(secondPort) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    await vi.waitFor(
      async () => expect((await fetch(`http://127.0.0.1:${secondPort}/readyz`)).status).toBe(200),
      PATIENCE,
    );
  });
  afterAll(async () => {
    if (second.exitCode !== null) return;
    const ended = once(second, 'exit');
    second.kill('SIGTERM');
    await ended;
  });

  test('one polls, and only its gauges are there', async () => {
    const ports = [pipeline.adminPorts['callback-gateway'], secondPort];
    const polling = async () => Promise.all(ports.map((port) => metric(port, 'qcc_polling')));
    await vi.waitFor(async () => expect((await polling()).toSorted()).toEqual([0, 1]), PATIENCE);
    const idle = ports[(await polling()).indexOf(0)]!;
    const passes = (await metric(idle, 'qcc_reconcile_passes_total')) ?? 0;
    const busy = ports[(await polling()).indexOf(1)]!;
    const before = (await metric(busy, 'qcc_reconcile_passes_total')) ?? 0;
    await vi.waitFor(
      async () => expect(await metric(busy, 'qcc_reconcile_passes_total')).toBeGreaterThan(before + 3),
      PATIENCE,
    );
    // A pass that ran when the leadership ended is counted when it ends.
    expect((await metric(idle, 'qcc_reconcile_passes_total')) ?? 0).toBeLessThanOrEqual(passes + 1);
    expect(await metric(idle, 'qcc_orders_before_horizon')).toBeUndefined();
  });

  test('the other polls once the first has ended, knows what was done before, and activates nothing beyond the limit', async () => {
    process.kill(pipeline.services.pids['callback-gateway']!, 'SIGTERM');
    // A pass that it was in the middle of is not to find the order.
    await vi.waitFor(() => expect(gatewayMetric('qcc_polling')).rejects.toThrow(), PATIENCE);
    const { orderNo } = await pipeline.simulator.createOrder({
      ...SMALL,
      pushDate: `${DAY} 15:10:00`,
      callback: false,
    });
    await vi.waitFor(async () => expect(await metric(secondPort, 'qcc_polling')).toBe(1), PATIENCE);
    await vi.waitFor(async () => {
      expect(await verdicts()).toMatchObject({ '15-17': 'COMPLETE' });
      expect(await metric(secondPort, 'qcc_reconcile_orders_total')).toBe(1);
    }, PATIENCE);
    await checkedSince(Date.now(), secondPort);
    expect(await mostActivationsOfADay()).toBe(3);
    const orders = await pipeline.query<{ status: string }>(
      `SELECT status FROM {{db}}.orders WHERE order_no = '${orderNo}'`,
    );
    expect(orders).toEqual([{ status: 'COMPLETE' }]);
  });
});
