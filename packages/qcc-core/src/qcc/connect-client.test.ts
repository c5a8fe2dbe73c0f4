import { expect, test } from 'vitest';
import type { Log } from '../base/logs.ts';
import { createMetrics } from '../base/metrics.ts';
import { QCC_SETTINGS, readSettings } from '../base/settings.ts';
import { startLoopbackServer } from '../testing/loopback-server.ts';
import { connectClient } from './connect-client.ts';

test('codes that neither the document nor HTTP names are counted as one, whatever is invented', async () => {
  const responses: [status: number, code: string][] = [
    ...['200', '107', '999', '998', '000', '1234567'].map((code) => [200, code] as [number, string]),
    [404, ''],
    [599, ''],
    [777, ''],
  ];
  let asked = 0;
  await using qcc = await startLoopbackServer((_, response) => {
    const [status, code] = responses[asked++]!;
    response.writeHead(status).end(JSON.stringify({ status: code, resultList: [] }));
  });
  const metrics = createMetrics({ service: 'gateway', account: 'main' });
  const settings = readSettings({ QCC_KEY: 'k', QCC_SECRET_KEY: 's', QCC_BASE_URL: qcc.url }, QCC_SETTINGS);
  await using client = connectClient({ settings, metrics, now: Date.now });
  for (const _ of responses) await client.listLatestOrderNo();
  const { values } = await metrics.qccCalls.get();
  expect(Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]))).toEqual({
    QCC_200: 1,
    QCC_107: 1,
    HTTP_404: 1,
    UNEXPECTED_SHAPE: 1,
    unknown: 5,
  });
});

test('a field that the document does not name is logged once, counted each time, and never with its value', async () => {
  await using qcc = await startLoopbackServer((request, response) => {
    const isLink = request.url?.includes('getDownloadUrl');
    const fields = isLink ? { traceNo: 'canary', pass7word: 'canary' } : { resultList: [], traceNo: 'canary' };
    response.end(JSON.stringify({ status: '200', ...fields }));
  });
  const metrics = createMetrics({ service: 'callback-gateway', account: 'main' });
  const settings = readSettings({ QCC_KEY: 'k', QCC_SECRET_KEY: 's', QCC_BASE_URL: qcc.url }, QCC_SETTINGS);
  const lines: object[] = [];
  const log = { warn: (fields: object) => void lines.push(fields) } as unknown as Pick<Log, 'warn'>;
  await using client = connectClient({ settings, metrics, log, now: Date.now });
  for (let time = 0; time < 3; time += 1) await client.listLatestOrderNo();
  await client.getDownloadUrl({ orderNo: 'DDMON1' });
  expect(lines).toEqual([
    { endpoint: 'listLatestOrderNo', field: 'traceNo' },
    { endpoint: 'getDownloadUrl', field: 'traceNo' },
    { endpoint: 'getDownloadUrl', field: '(not a plain name)' },
  ]);
  expect((await metrics.unknownResponseFields.get()).values).toMatchObject([
    { labels: { endpoint: 'listLatestOrderNo' }, value: 3 },
    { labels: { endpoint: 'getDownloadUrl' }, value: 2 },
  ]);
});

test('a server that invents names costs a hundred lines at most', async () => {
  let calls = 0;
  await using qcc = await startLoopbackServer((_, response) => {
    calls += 1;
    const invented = Array.from({ length: 90 }, (_name, index) => [`name${calls}x${index}`, 1]);
    response.end(JSON.stringify({ status: '200', resultList: [], ...Object.fromEntries(invented) }));
  });
  const settings = readSettings({ QCC_KEY: 'k', QCC_SECRET_KEY: 's', QCC_BASE_URL: qcc.url }, QCC_SETTINGS);
  let lines = 0;
  const log = { warn: () => void lines++ } as unknown as Pick<Log, 'warn'>;
  await using client = connectClient({ settings, log, now: Date.now });
  for (let time = 0; time < 3; time += 1) await client.listLatestOrderNo();
  expect(lines).toBe(100);
});
