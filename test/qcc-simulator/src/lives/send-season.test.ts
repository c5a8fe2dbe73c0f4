import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobReader, type FileEntry, TextWriter, ZipReader } from '@zip.js/zip.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecordFields } from '../feed.ts';
import { tokenOf } from '../sign.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator.ts';
import type { CompanyTruth, OrderTruth } from './season-truth.ts';

const SEASON = { from: '2026-08-25', days: 5, companies: 400 };

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ seed: 'season', ...options });
  opened.push(simulator);
  return simulator;
}

async function ask(simulator: Simulator, endpoint: string, query: Record<string, string>) {
  const { key, secretKey, baseUrl } = simulator;
  const timespan = String(Math.floor(Date.now() / 1_000));
  const headers = { Token: tokenOf(key, timespan, secretKey), Timespan: timespan };
  const response = await fetch(`${baseUrl}/${endpoint}?${new URLSearchParams({ key, ...query })}`, { headers });
  return (await response.json()) as { status: string; result: never; resultList?: unknown[] };
}

async function contentOf(simulator: Simulator, orderNo: string): Promise<{ pushDate: string; result: RecordFields[] }> {
  const { result } = await ask(simulator, 'getDownloadUrl', { orderNo });
  const { downloadUrl, unzipPassword } = result as { downloadUrl: string; unzipPassword: string };
  const archive = await (await fetch(downloadUrl)).blob();
  const reader = new ZipReader(new BlobReader(archive), { password: unzipPassword, useWebWorkers: false });
  const [entry] = (await reader.getEntries()) as FileEntry[];
  const text = await entry!.getData(new TextWriter());
  await reader.close();
  return JSON.parse(text);
}

const post = (simulator: Simulator, path: string, body: object) =>
  fetch(`${simulator.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });

async function truthLines(simulator: Simulator, query = ''): Promise<Record<string, unknown>[]> {
  const text = await (await fetch(`${simulator.controlUrl}/season/truth${query}`)).text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a season over HTTP', () => {
  it('is sent by one request, and archives, details and truth agree', async () => {
    const simulator = await start();
    const sent = await post(simulator, '/season', { ...SEASON, corruptOrders: [2], lateOrders: 1 });
    expect(sent.status).toBe(201);
    const orders = (await sent.json()) as { orderNo: string; records: number; corrupt: string | null }[];
    expect(orders).toHaveLength(10);

    const lines = await truthLines(simulator);
    const told = lines.flatMap(({ order }) => (order ? [order as OrderTruth] : []));
    expect(told.filter(({ corrupt }) => corrupt !== null)).toMatchObject([{ number: 2, orderNo: orders[2]!.orderNo }]);
    const occurrences = new Map(
      lines
        .flatMap(({ company }) => (company as CompanyTruth | undefined)?.changes ?? [])
        .flatMap((change) => change.occurrences.map((one) => [`${one.orderNo} ${one.position}`, { ...one, change }])),
    );
    for (const { orderNo, records, corrupt } of orders) {
      if (corrupt !== null) continue;
      const { result } = await contentOf(simulator, orderNo);
      expect(result).toHaveLength(records);
      for (const [position, record] of result.entries()) {
        const occurrence = occurrences.get(`${orderNo} ${position}`)!;
        occurrences.delete(`${orderNo} ${position}`);
        const { change, text, category, corpName, hasCheckId, detailRows } = occurrence;
        expect(record).toMatchObject({ id: change.id, type: change.type, changeContent: text, category, corpName });
        expect(record.checkId !== '').toBe(hasCheckId);
        if (!hasCheckId) continue;
        const endpoint = { 2: 'getExceptions', 10: 'getSeriousViolation', 11: 'getShiXinList' }[change.type]!;
        const { corpKeyNo, checkId } = record;
        const answer = await ask(simulator, endpoint, { corpKeyNo, checkId, pageSize: '20' });
        expect(answer.status).toBe(detailRows === 0 ? '201' : '200');
        if (detailRows !== 0) expect(answer.resultList).toHaveLength(Math.min(20, detailRows!));
      }
    }
    expect(occurrences.size).toBe(0);
    expect((await truthLines(simulator, '?asOf=2026-08-24')).map(({ kind }) => kind)).toEqual(['unseen']);
    const withCorrupt = await truthLines(simulator, '?withCorrupt=true');
    expect(withCorrupt.length).toBeGreaterThan(lines.length);
  });

  it('is refused with a message if the request is wrong', async () => {
    const simulator = await start();
    const refused = await post(simulator, '/season', { ...SEASON, toOrder: 10 });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: "season: 'toOrder' must be a whole number from 0 to 9" },
    ]);
    const mixed = await post(simulator, '/orders', { slice: { season: SEASON, order: 0 }, records: 3 });
    expect(await mixed.json()).toEqual({ error: "order: 'records' is not for an order of a season" });
    expect(simulator.orders()).toEqual([]);
  });

  it('shows its plan, whose requests make the orders one by one', async () => {
    const simulator = await start();
    const plan = (await (await post(simulator, '/season/plan', SEASON)).json()) as {
      pushDate: string;
      records: number;
      request: object;
    }[];
    expect(simulator.orders()).toEqual([]);
    await Promise.all([1, 0].map((number) => post(simulator, '/orders', plan[number]!.request)));
    const made = simulator.orders().map(({ pushDate, records }) => ({ pushDate, records }));
    expect(made.toSorted((a, b) => (a.pushDate < b.pushDate ? -1 : 1))).toEqual(
      plan.slice(0, 2).map(({ pushDate, records }) => ({ pushDate, records })),
    );
  });
});

describe('a season in process', () => {
  it('is sent in parts, and only the delivered part is true', async () => {
    const simulator = await start();
    const first = await simulator.sendSeason({ ...SEASON, toOrder: 3 });
    const then = simulator.seasonTruth();
    expect(then.orders.map(({ orderNo }) => orderNo)).toEqual(first.map(({ orderNo }) => orderNo));
    await simulator.sendSeason({ ...SEASON, fromOrder: 4 });
    expect(simulator.orders()).toHaveLength(10);
    expect(simulator.seasonTruth({ asOf: first.at(-1)!.pushDate })).toEqual(then);
    expect(simulator.seasonTruth().companies.length).toBeGreaterThan(then.companies.length);
  });

  it('leaves random orders next to it as they are', async () => {
    const [alone, mixed] = [await start(), await start()];
    const elementsOf = async (simulator: Simulator, request: object) => {
      const { orderNo } = await simulator.createOrder({ pushDate: '2026-08-25 09:00:00', callback: false, ...request });
      return [...simulator.truth(orderNo).occurrences].map(({ element }) => element);
    };
    expect(await elementsOf(mixed, { records: 30 })).toEqual(await elementsOf(alone, { records: 30 }));
    await mixed.sendSeason({ ...SEASON, toOrder: 2 });
    const repeated = (await elementsOf(mixed, { records: 5, repeat: 5 })) as RecordFields[];
    const [random] = mixed.orders();
    const ids = [...mixed.truth(random!.orderNo).occurrences].map(({ element }) => (element as RecordFields).id);
    expect(repeated.every(({ id }) => ids.includes(id))).toBe(true);
    expect([...mixed.currentTruth()].length).toBeGreaterThan(30);
  });

  it('comes again from a file of orders', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'qcc-season-'));
    try {
      const ordersFile = join(folder, 'orders.jsonl');
      const earlier = await start({ ordersFile });
      await earlier.sendSeason({ ...SEASON, corruptOrders: [1], skipCallbacks: 0.5, lateOrders: 1, toOrder: 5 });
      const later = await start({ ordersFile });
      const ordersOf = (simulator: Simulator) => simulator.orders().map((order) => ({ ...order, callbacks: [] }));
      expect(ordersOf(later)).toEqual(ordersOf(earlier));
      expect(later.seasonTruth()).toEqual(earlier.seasonTruth());
      const { orderNo } = later.orders()[0]!;
      expect(await contentOf(later, orderNo)).toEqual(await contentOf(earlier, orderNo));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
