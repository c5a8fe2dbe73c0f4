import { enrichedRecord, ruleOf } from 'qcc-alerts/testing/changes';
import { expect, test } from 'vitest';
import { createDecideBatch, type LaneState } from './decide-batch.ts';

test('a lane keeps what it has decided only until the table has read it', async () => {
  const records = ['one', 'two', 'three'].map((id) => enrichedRecord({ id, account: 'main' }));
  const table = new Map<string, object>();
  const step = createDecideBatch({
    account: 'main',
    prefix: '',
    codec: {
      decode: async (_: string, value: Buffer) => records[Number(value)],
      encode: (_: string, entry: object) => entry,
    },
    rules: [ruleOf()],
    portfolios: { has: () => false },
    erasures: { has: () => false },
    entryOf: (key: string) => table.get(key),
    runs: { check: () => () => undefined },
    now: () => 0,
    log: { error: () => undefined },
    metrics: { alerts: { inc: () => undefined }, deadLetters: { inc: () => undefined } },
  } as unknown as Parameters<typeof createDecideBatch>[0]);
  const state: LaneState = { startedAt: 0, committed: new Map() };
  const decide = async (at: number) => {
    await step({
      lane: {
        partition: 0,
        transact: async (write: (to: object) => unknown) => {
          await write({
            send: async (sent: { key: string; value: object }[]) => {
              for (const { key, value } of sent) later.set(key, value);
            },
          });
        },
      },
      state,
      messages: [{ value: Buffer.from(String(at)), timestamp: '1', offset: String(at), key: null }],
      nextOffset: String(at + 1),
    } as unknown as Parameters<typeof step>[0]);
  };
  const later = new Map<string, object>();

  await decide(0);
  await decide(1);
  expect(state.committed.size).toBe(2);

  for (const [key, value] of later) table.set(key, value);
  await decide(2);
  expect([...state.committed.keys()]).toEqual([expect.stringContaining('three')]);
});
