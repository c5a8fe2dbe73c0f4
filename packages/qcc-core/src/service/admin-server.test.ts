import { expect, test } from 'vitest';
import { createHealth } from '../base/health.ts';
import { createMetrics } from '../base/metrics.ts';
import { startAdminServer } from './admin-server.ts';

test.each<[string, string | null, string | null, number, object]>([
  ['nothing', null, null, 200, { status: 'ready', problems: {} }],
  ['a warning, and stays ready', null, 'key=[redacted]', 200, { status: 'ready', problems: {}, warnings: {} }],
  ['a problem', 'Kafka is away', null, 503, { status: 'not ready', problems: { kafka: 'Kafka is away' } }],
  ['both', 'Kafka is away', 'key=[redacted]', 503, { status: 'not ready', problems: {}, warnings: {} }],
])('/readyz says %s', async (_, problem, warning, status, body) => {
  const health = createHealth({ parts: ['kafka'] });
  health.set('kafka', problem);
  health.warn('list', warning && 'key=secret');
  await using admin = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    health,
    metrics: createMetrics({ service: 'callback-gateway', account: 'main' }),
    redact: (text) => text.replace('secret', '[redacted]'),
  });
  const response = await fetch(`http://127.0.0.1:${admin.port}/readyz`);
  const said = (await response.json()) as { warnings?: object };
  expect([response.status, said]).toMatchObject([status, body]);
  expect(said.warnings).toEqual(warning === null ? undefined : { list: warning });
});
