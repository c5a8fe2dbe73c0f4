import { expect, test } from 'vitest';
import { createHealth } from '../base/health.ts';
import { scrape } from '../base/metrics.ts';
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
  const redact = (text: string) => text.replaceAll('canary', 'x');
  await using server = await startAdminServer({ host: '127.0.0.1', port: 0, health, scrape: () => scrape([]), redact });
  const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  expect([response.status, await response.json()]).toEqual([status, body]);
});

test('/readyz tells the state of each account, and a process is ready as long as one account is', async () => {
  const shared = createHealth({ parts: [] });
  const [well, broken] = ['well', 'broken'].map(() => createHealth({ parts: ['start'], parent: shared }));
  const accounts = new Map([
    ['well', well!],
    ['broken', broken!],
  ]);
  const redact = (text: string) => text.replaceAll('canary', 'x');
  const input = { host: '127.0.0.1', port: 0, health: shared, accounts, scrape: () => scrape([]), redact };
  await using server = await startAdminServer(input);
  const readyz = async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
    return [response.status, await response.json()];
  };
  well!.set('start', null);
  broken!.set('start', 'the key canary is wrong');
  const brokenState = { status: 'not ready', problems: { start: 'the key x is wrong' } };
  expect(await readyz()).toEqual([
    200,
    { status: 'ready', problems: {}, accounts: { well: { status: 'ready', problems: {} }, broken: brokenState } },
  ]);
  shared.set('Kafka', 'it is away');
  expect(await readyz()).toMatchObject([503, { status: 'not ready', problems: { Kafka: 'it is away' } }]);
});
