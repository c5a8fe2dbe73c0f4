import { expect, test } from 'vitest';
import { createHealth } from '../base/health.ts';
import type { Metrics } from '../base/metrics.ts';
import { startAdminServer } from './admin-server.ts';

test.each<[what: string, problem: string | null, note: string | null, status: number, body: object]>([
  ['nothing', null, null, 200, { status: 'ready', problems: {} }],
  ['a note', null, 'at one', 200, { status: 'ready', problems: {}, notes: { part: 'at one' } }],
  ['a problem', 'it is away', null, 503, { status: 'not ready', problems: { part: 'it is away' } }],
  [
    'both, without secrets',
    'canary refused',
    'at canary',
    503,
    { status: 'not ready', problems: { part: 'x refused' }, notes: { part: 'at x' } },
  ],
])('/readyz tells %s', async (_, problem, note, status, body) => {
  const health = createHealth({ parts: ['part'] });
  health.set('part', problem);
  health.note('part', note);
  const metrics = {} as Metrics;
  const redact = (text: string) => text.replaceAll('canary', 'x');
  await using server = await startAdminServer({ host: '127.0.0.1', port: 0, health, metrics, redact });
  const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  expect([response.status, await response.json()]).toEqual([status, body]);
});
