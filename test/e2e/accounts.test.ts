import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from 'qcc-cli/run-cli';
import { type Simulator, startSimulator } from 'qcc-simulator/simulator';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type Fleet, type Instance, openFleet } from '../harness/instances.ts';
import { PATIENCE } from '../harness/patience.ts';
import { openTestBed, type TestBed } from '../harness/pipeline.ts';

/**
 * One set of services for three accounts of QCC: `north`, which each test breaks in another way, `south`, and `east`, whose secret
 * is not there at first. Each account has a QCC of its own.
 */
const opened = new AsyncDisposableStack();
let bed: TestBed;
let fleet: Fleet;
let services: Record<'callback-gateway' | 'archive-extractor' | 'detail-enricher' | 'sink', Instance>;
let qcc: Record<'north' | 'south' | 'east', Simulator>;
let env: Record<string, string>;

const SOUTH_BUDGET = 3;
const withDetails = ['2', '10', '11'];
const withoutDetails = ['4', '5', '6', '7'];

const secretFile = (account: string) => join(bed.folder, `${account}-secret`);

beforeAll(async () => {
  bed = opened.use(await openTestBed({ stack: inject('stack'), simulator: { seed: 'accounts' } }));
  const gateway = `http://127.0.0.1:${bed.env.GATEWAY_PORT}`;
  const own = async (account: string) =>
    opened.use(
      await startSimulator({
        seed: account,
        key: `key-of-${account}`,
        secretKey: `secret-of-${account}`,
        callbackUrl: `${gateway}/qcc/${account}`,
      }),
    );
  qcc = { north: await own('north'), south: await own('south'), east: await own('east') };
  const entry = async (account: keyof typeof qcc, settings: object) => {
    const { key, secretKey, baseUrl, downloadHost } = qcc[account];
    await writeFile(join(bed.folder, `${account}-key`), key);
    if (account !== 'east') await writeFile(secretFile(account), `${secretKey}\n`);
    return {
      ACCOUNT: account,
      QCC_BASE_URL: baseUrl,
      QCC_DOWNLOAD_HOSTS: downloadHost,
      QCC_KEY_FILE: join(bed.folder, `${account}-key`),
      QCC_SECRET_KEY_FILE: secretFile(account),
      CALLBACK_PATH: `/qcc/${account}`,
      ...settings,
    };
  };
  const file = join(bed.folder, 'accounts.json');
  const entries = [
    await entry('north', { PUSH_WINDOWS: '8', DETAIL_DAILY_BUDGET: 1_000_000 }),
    await entry('south', { PUSH_WINDOWS: '18,20', DETAIL_DAILY_BUDGET: SOUTH_BUDGET }),
    await entry('east', {}),
  ];
  await writeFile(file, JSON.stringify(entries));
  const { ACCOUNT: _, QCC_KEY: __, QCC_SECRET_KEY: ___, ...common } = bed.env;
  env = {
    ...common,
    ACCOUNT: '',
    QCC_KEY: '',
    QCC_SECRET_KEY: '',
    ACCOUNTS_FILE: file,
    DETAIL_RATE_PER_SECOND: '1000',
  };
  fleet = opened.use(openFleet(bed));
  services = await fleet.startAll(env);
});
afterAll(() => opened.disposeAsync());

type Row = { account: string; status: string; stored: number; pending_details: number };
const orderOf = async (orderNo: string): Promise<Row | undefined> =>
  (
    await bed.query<Row>(
      `SELECT account, status, stored, pending_details FROM {{db}}.orders WHERE order_no = '${orderNo}'`,
    )
  )[0];
const orderIs = (orderNo: string, expected: Partial<Row>) =>
  vi.waitFor(async () => expect(await orderOf(orderNo)).toMatchObject(expected), PATIENCE);

async function qccTool(...args: string[]): Promise<{ exitCode: number; said: string }> {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const exitCode = await runCli({ env, print: say, complain: say, ask: null }, args);
  return { exitCode, said: said.join('\n') };
}

test('an account whose secret is missing starts once it is there, and the others run meanwhile', async () => {
  for (const service of [services['callback-gateway'], services['archive-extractor'], services['detail-enricher']]) {
    const text = await service.problems();
    expect(text).toBe('');
    expect(await service.metric('qcc_ready', { account: 'south' })).toBe(1);
    expect(await service.metric('qcc_ready', { account: 'east' })).toBe(0);
  }
  await writeFile(secretFile('east'), qcc.east.secretKey);
  const { orderNo } = await qcc.east.createOrder({ records: 5, types: withoutDetails, callback: false });
  await vi.waitFor(async () => {
    for (const service of Object.values(services))
      expect(await service.metric('qcc_ready', { account: 'east' })).toBe(1);
  }, PATIENCE);
  await qcc.east.sendCallback(orderNo);
  await orderIs(orderNo, { account: 'east', status: 'COMPLETE', stored: 5 });
});

test('two accounts run side by side, each with its own key, budget and windows', async () => {
  const [north, south] = await Promise.all(
    [qcc.north, qcc.south].map((simulator) => simulator.createOrder({ records: 40, types: withDetails })),
  );
  await orderIs(north!.orderNo, { account: 'north', status: 'COMPLETE' });
  await orderIs(south!.orderNo, { account: 'south', status: 'DETAILS_PENDING' });
  const calls = (simulator: Simulator) =>
    (['getExceptions', 'getSeriousViolation', 'getShiXinList'] as const)
      .flatMap((endpoint) => Object.values(simulator.calls.report().counts[endpoint] ?? {}))
      .reduce((sum, count) => sum + count, 0);
  expect(calls(qcc.south)).toBe(SOUTH_BUDGET);
  expect(calls(qcc.north)).toBeGreaterThan(SOUTH_BUDGET);
  const accounts = await bed.query(
    'SELECT account, count() AS records FROM {{db}}.records GROUP BY account ORDER BY 1',
  );
  expect(accounts).toEqual([
    { account: 'east', records: 5 },
    { account: 'north', records: 40 },
    { account: 'south', records: 40 },
  ]);
});

test.each([
  ['north', '8'],
  ['south', '18,20'],
])('the tool works for the account %s if it is named', async (account, windows) => {
  const { exitCode, said } = await qccTool('orders', 'list', '--account', account);
  expect([exitCode, said]).toEqual([0, expect.stringContaining('DD')]);
  const settings = await qccTool('--account', account, 'settings');
  expect(settings.said).toMatch(new RegExp(`PUSH_WINDOWS +│ ${windows} `));
  expect(settings.said).not.toContain('secret-of');
});

test('without a name the tool asks for one of the accounts', async () => {
  const { exitCode, said } = await qccTool('orders', 'list');
  expect(exitCode).toBe(1);
  expect(said).toContain('choose one with --account');
});

test('the ledger shows one account if it is named, and otherwise all', async () => {
  const shown = async (...args: string[]) => {
    const { said } = await qccTool('ledger', ...args);
    return ['north', 'south', 'east'].filter((account) => said.includes(` ${account} `));
  };
  expect(await shown()).toEqual(['north', 'south', 'east']);
  expect(await shown('--account', 'south')).toEqual(['south']);
  const { said } = await qccTool('certificate', '--day', '2020-01-01', '--account', 'gone');
  expect(said).toContain('no data for 2020-01-01 and account gone');
});

describe('an account does not delay another one', { tags: 'whole' }, () => {
  const small = async () => (await qcc.south.createOrder({ records: 20, types: withoutDetails })).orderNo;

  test('that QCC has stopped', async () => {
    qcc.north.faults.set({ codes: { getDownloadUrl: '108', listLatestOrderNo: '108', getExceptions: '108' } });
    const { orderNo: stopped } = await qcc.north.createOrder({ records: 20, types: withDetails });
    await orderIs(await small(), { account: 'south', status: 'COMPLETE' });
    expect((await orderOf(stopped))?.status).not.toBe('COMPLETE');
    qcc.north.faults.set({ codes: {} });
  });

  test('that does not have the right key', async () => {
    const wrong = new URL(`http://127.0.0.1:${bed.env.GATEWAY_PORT}/qcc/north`);
    wrong.search = new URLSearchParams({ key: qcc.south.key, orderNo: 'DDMONFORGED' }).toString();
    expect((await fetch(wrong)).status).toBe(403);
    const others = await Promise.all(Array.from({ length: 30 }, () => fetch(wrong)));
    expect(others.map(({ status }) => status)).toContain(429);
    await orderIs(await small(), { account: 'south', status: 'COMPLETE' });
    expect(await orderOf('DDMONFORGED')).toBeUndefined();
  });

  test('that is flooded with orders', async () => {
    const flood = await Promise.all(
      Array.from({ length: 8 }, () =>
        qcc.north.createOrder({ records: 20_000, types: withoutDetails, callback: false }),
      ),
    );
    for (const { orderNo } of flood) await qcc.north.sendCallback(orderNo);
    await orderIs(await small(), { account: 'south', status: 'COMPLETE' });
    const statuses = await Promise.all(flood.map(async ({ orderNo }) => (await orderOf(orderNo))?.status));
    expect(statuses).not.toEqual(flood.map(() => 'COMPLETE'));
  });
});
