import { expect, test } from 'vitest';
import { createMetrics, METRICS, scrape } from './metrics.ts';

const SERVICES = ['callback-gateway', 'archive-extractor', 'detail-enricher', 'sink', 'alerter'];
const exportedBy = async (service: string) => {
  const { text } = await scrape([createMetrics({ service, account: 'main' })]);
  return {
    names: [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
    series: text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  };
};

test.each(SERVICES)('%s exports its own metrics and no others', async (service) => {
  const { names } = await exportedBy(service);
  const own = Object.values(METRICS).filter(({ by }) => by.includes(service));
  expect(names).toEqual(own.map(({ name }) => name));
  expect(own.length).toBeLessThan(Object.keys(METRICS).length);
});

test.each(SERVICES)(
  '%s shows no gauge before it has set it: 0 gaps, or an order of 1970, would be a statement',
  async (service) => {
    const { series } = await exportedBy(service);
    const gauges = Object.values(METRICS).filter(({ kind }) => kind === 'gauge');
    for (const { name } of gauges) expect(series.filter((line) => line.startsWith(`${name}{`))).toEqual([]);
  },
);

test('a gauge without labels is there once it is set', async () => {
  const metrics = createMetrics({ service: 'sink', account: 'main' });
  metrics.lastOrder.set(1_700_000_000);
  expect((await scrape([metrics])).text).toMatch(/^qcc_last_order_timestamp_seconds\{.*\} 1700000000$/m);
});
