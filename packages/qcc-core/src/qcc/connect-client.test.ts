import { expect, test } from 'vitest';
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
