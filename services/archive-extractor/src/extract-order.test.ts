import { UndecodableError } from 'qcc-core/avro/codec';
import type { Order } from 'qcc-core/domain';
import { createDeadLetterRuns } from 'qcc-core/kafka/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { createMetrics } from 'qcc-core/metrics';
import { expect, test } from 'vitest';
import { type ExtractDeps, extractOrder } from './extract-order.ts';
import { WaitError } from './wait-error.ts';

const ORDER: Order = {
  account: 'main',
  orderNo: 'DD1',
  source: 'callback',
  receivedAt: 1,
  createDate: null,
  sealedDownloadUrl: null,
  sealedUnzipPassword: null,
  downloadUrlExpiredTime: null,
};

function setUp() {
  const sent: Outgoing[] = [];
  const attempts: string[] = [];
  let committed = 0n;
  const lane = {
    partition: 2,
    async transact(body: (transaction: object) => Promise<void>, commit: { nextOffset: bigint }) {
      await body({ send: async (messages: Iterable<Outgoing>) => void sent.push(...messages) });
      committed = commit.nextOffset;
    },
  };
  const deps = {
    account: 'main',
    codec: {
      encode: (_topic: string, value: unknown) => Buffer.from(JSON.stringify(value)),
      async decode(_topic: string, bytes: Buffer) {
        if (bytes.toString() === '?') throw new UndecodableError('no Avro');
        return JSON.parse(bytes.toString());
      },
    },
    runs: createDeadLetterRuns({ limit: 2 }),
    fetchArchive: async () => ({ kind: 'dead', reason: 'ARCHIVE_DAMAGED', message: 'cut off' }),
    stateFetching: ({ orderNo }: { orderNo: string }, revision: number) => ({
      done: () => void attempts.push(`${orderNo}, revision ${revision}: done`),
      [Symbol.dispose]: () => void attempts.push(`${orderNo}, revision ${revision}: attempt over`),
    }),
    metrics: createMetrics({ service: 'archive-extractor', account: 'main' }),
    log: { error() {}, debug() {} },
    now: () => 5,
  };
  const states = new Map();
  const extract = async (values: (string | Partial<Order>)[]) => {
    for (const [offset, value] of values.entries()) {
      const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify({ ...ORDER, ...value }));
      const message = { key: null, value: bytes, offset: String(offset), timestamp: '0', attributes: 0, headers: {} };
      const place = { topic: 'orders', partition: 2, offset: String(offset), nextOffset: BigInt(offset) + 1n };
      const signal = new AbortController().signal;
      // Only what a message that comes to nothing needs.
      const input = { lane: lane as never, states, message, place, signal };
      await extractOrder(deps as unknown as ExtractDeps, input);
    }
  };
  const reasons = () => sent.flatMap(({ headers }) => headers?.['qcc.dlq.reason'] ?? []);
  return { extract, reasons, states, attempts, deps, committed: () => committed };
}

test('messages that are no orders stop it above the limit, the last one uncommitted', async () => {
  const { extract, reasons, committed } = setUp();
  await expect(extract(['?', '?', '?'])).rejects.toThrow('orders/2 stops at offset 2');
  expect([reasons(), committed()]).toEqual([['MESSAGE_UNDECODABLE', 'MESSAGE_UNDECODABLE'], 2n]);
});

test("another account's order is left to its services: committed, and no dead letter", async () => {
  const { extract, reasons, committed } = setUp();
  await extract([{ account: 'other' }]);
  expect([reasons(), committed()]).toEqual([[], 1n]);
});

test('archives that fail are no sign of a wrong topic, and end a run', async () => {
  const { extract, reasons } = setUp();
  await extract(['?', '?', { orderNo: 'DD1' }, { orderNo: 'DD2' }, { orderNo: 'DD3' }, '?']);
  expect(reasons()).toHaveLength(6);
});

test('an attempt that has to wait leaves its order to be fetched, and one that fails it does not', async () => {
  const { extract, attempts, states, deps } = setUp();
  const { fetchArchive } = deps;
  states.set('main|DD1', { account: 'main', orderNo: 'DD1', revision: 3, outcome: 'PUBLISHING', nextPosition: 0 });
  deps.fetchArchive = () => Promise.reject(new WaitError('QCC is away'));
  await expect(extract([{}])).rejects.toThrow('QCC is away');
  expect(attempts).toEqual(['DD1, revision 3: attempt over']);
  deps.fetchArchive = fetchArchive;
  await extract([{ orderNo: 'DD2' }]);
  expect(attempts.slice(1)).toEqual(['DD2, revision 0: done', 'DD2, revision 0: attempt over']);
});
