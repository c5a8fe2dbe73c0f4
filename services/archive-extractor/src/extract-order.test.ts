import { WaitError } from 'qcc-archive/errors';
import type { Inspected, Linked, Refused } from 'qcc-archive/obtain/steps';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import { createMetrics } from 'qcc-core/base/metrics';
import type { Order } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { describe, expect, test } from 'vitest';
import { createRecentFailures } from './admit-order.ts';
import { type ExtractDeps, extractOrder } from './extract-order.ts';
import { gatherMessages } from './gathered-messages.ts';
import { createHeldArchives } from './held-archives.ts';

const ORDER = orderWithoutLink({ orderNo: 'DD1' });
const NOT_LISTED = ['unlisted', 'unknown'] as const;

function setUp() {
  const sent: Outgoing[] = [];
  const unknown: unknown[] = [];
  const attempts: string[] = [];
  const confirmed: (string | null)[] = [];
  const transactions: number[] = [];
  let committed = 0n;
  const lane = {
    partition: 2,
    async transact(body: (transaction: object) => Promise<void>, commit: { nextOffset: bigint }) {
      const before = sent.length;
      await body({ send: async (messages: Iterable<Outgoing>) => void sent.push(...messages) });
      transactions.push(sent.length - before);
      committed = commit.nextOffset;
    },
  };
  const deps = {
    prefix: '',
    account: 'main',
    codec: {
      encode: (_topic: string, value: unknown) => Buffer.from(JSON.stringify(value)),
      async decode(_topic: string, bytes: Buffer) {
        if (bytes.toString() === '?') throw new UndecodableError('no Avro');
        return JSON.parse(bytes.toString());
      },
    },
    runs: createDeadLetterRuns({ limit: 2 }),
    admitOrder: async ({ orderNo }: Order) => NOT_LISTED.find((listing) => orderNo.startsWith(listing)) ?? 'listed',
    recentFailures: createRecentFailures({ ms: 1, now: () => 5 }),
    confirmOriginals: async ({ plaintextSha256 }: { plaintextSha256: string | null }) =>
      void confirmed.push(plaintextSha256),
    held: createHeldArchives({ ms: 0 }),
    spool: { path: '/nowhere', files: new Set() },
    patience: { isOver: () => true, end() {} },
    askLink: async (): Promise<Linked | Refused> => ({
      kind: 'refused',
      reason: 'ARCHIVE_DAMAGED',
      message: 'cut off',
    }),
    reportFetching: ({ orderNo }: { orderNo: string }, revision: number) => ({
      done: () => void attempts.push(`${orderNo}, revision ${revision}: done`),
      [Symbol.dispose]: () => void attempts.push(`${orderNo}, revision ${revision}: attempt over`),
    }),
    reportUnknownFields: (...reported: unknown[]) => void unknown.push(reported),
    metrics: createMetrics({ service: 'archive-extractor', account: 'main' }),
    log: { error() {}, warn() {}, info() {}, debug() {} },
    now: () => 5,
  };
  const states = new Map();
  const extract = async (values: (string | Partial<Order>)[]) => {
    const gathered = gatherMessages(lane as never);
    for (const [offset, value] of values.entries()) {
      const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify({ ...ORDER, ...value }));
      const message = { key: null, value: bytes, offset: String(offset), timestamp: '0', attributes: 0, headers: {} };
      const place = { topic: 'orders', partition: 2, offset: String(offset), nextOffset: BigInt(offset) + 1n };
      const signal = new AbortController().signal;
      // Only what a message that comes to nothing needs.
      const input = { lane: lane as never, states, message, place, gathered, signal };
      await extractOrder(deps as unknown as ExtractDeps, input);
    }
    await gathered.flush();
  };
  const reasons = () => sent.flatMap(({ headers }) => headers?.['qcc.dlq.reason'] ?? []);
  const stages = () =>
    sent.flatMap(({ topic, value }) => (topic === TOPICS.orderEvents ? JSON.parse(String(value)).stage : []));
  const written = () =>
    sent.flatMap(({ topic, value }) =>
      topic === TOPICS.orderState ? [value === null ? null : JSON.parse(String(value))] : [],
    );
  const committedNow = () => committed;
  return {
    extract,
    reasons,
    stages,
    written,
    transactions,
    states,
    attempts,
    confirmed,
    unknown,
    deps,
    committed: committedNow,
  };
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
  const { askLink } = deps;
  states.set('main|DD1', { account: 'main', orderNo: 'DD1', revision: 3, outcome: 'PUBLISHING', nextPosition: 0 });
  deps.askLink = () => Promise.reject(new WaitError('QCC is away'));
  await expect(extract([{}])).rejects.toThrow('QCC is away');
  expect(attempts).toEqual(['DD1, revision 3: attempt over']);
  deps.askLink = askLink;
  await extract([{ orderNo: 'DD2' }]);
  expect(attempts.slice(1)).toEqual(['DD2, revision 0: done', 'DD2, revision 0: attempt over']);
});

test.each(NOT_LISTED)(
  'orders that are %s are passed over in one transaction, before the order behind them, and leave no state',
  async (listing) => {
    const { extract, reasons, stages, written, transactions, states, committed } = setUp();
    const invented = Array.from({ length: 50 }, (_, nth) => ({ orderNo: `${listing} ${nth}` }));
    await extract([...invented, { orderNo: 'DD1' }, ...invented]);
    expect(reasons().filter((reason) => reason === 'ORDER_UNLISTED')).toHaveLength(100);
    expect(transactions).toEqual([100, 2, 100]);
    expect(new Set(stages())).toEqual(new Set(['FAILED']));
    expect([written(), [...states.keys()], committed()]).toEqual([[], [], 101n]);
  },
);

test('a bad order is tried once, however often its callback is repeated, and again by reconcile', async () => {
  const { extract, reasons, committed } = setUp();
  await extract(Array.from({ length: 10 }, () => ({ orderNo: 'DD1' })));
  expect([reasons(), committed()]).toEqual([['ARCHIVE_DAMAGED'], 10n]);
  await extract([{ orderNo: 'DD1', source: 'reconcile' }]);
  expect(reasons()).toHaveLength(2);
});

describe('an order that was made from the archive of a callback’s link', () => {
  const known = { account: 'main', orderNo: 'DD1', revision: 0, outcome: 'EXTRACTED', nextPosition: 2, failures: 0 };
  const unconfirmed = { ...known, plaintextSha256: 'the text', unconfirmed: true, updatedAt: 1 };
  const noLink = () => Promise.reject(new WaitError('QCC gives no link'));
  const fetchedWith = (plaintextSha256: string) => ({
    askLink: async () => ({ kind: 'link', link: {} }) as Linked,
    download: async () => ({ kind: 'downloaded', delivered: {} }),
    inspect: async () =>
      ({
        kind: 'inspected',
        archive: {
          inspection: { plaintextSha256, otherEntries: [], unknownFields: ['batchNo'], declared: 2, elements: 2 },
          [Symbol.asyncDispose]: async () => {},
        },
      }) as unknown as Inspected,
  });

  test('is confirmed where a signed fetch brings the same text', async () => {
    const { extract, stages, written, states, confirmed, deps } = setUp();
    states.set('main|DD1', unconfirmed);
    Object.assign(deps, fetchedWith('the text'));
    await extract([{ source: 'reconcile' }, { source: 'callback' }]);
    expect([stages(), confirmed]).toEqual([['CONFIRMED'], ['the text']]);
    expect(written()).toEqual([{ ...unconfirmed, unconfirmed: false, updatedAt: 5 }]);
  });

  test('stays so, without waiting, where QCC gives no link', async () => {
    const { extract, stages, states, committed, deps } = setUp();
    states.set('main|DD1', unconfirmed);
    deps.askLink = noLink;
    await extract([{ source: 'reconcile' }]);
    expect([stages(), states.get('main|DD1'), committed()]).toEqual([[], unconfirmed, 1n]);
    deps.askLink = async () => Promise.reject(new Error('asked again for a callback'));
    await extract([{ source: 'callback' }]);
  });

  test('is not fetched again for callbacks, and counts a failure for reconcile, if QCC’s archive is refused', async () => {
    const { extract, reasons, stages, written, states, deps, committed } = setUp();
    states.set('main|DD1', unconfirmed);
    let fetches = 0;
    deps.askLink = async () => {
      fetches += 1;
      return { kind: 'refused', reason: 'ARCHIVE_DAMAGED', message: 'cut off' };
    };
    await extract([{ source: 'callback' }, { source: 'callback' }, { source: 'callback' }]);
    expect([fetches, written(), committed()]).toEqual([1, [], 3n]);
    await extract([{ source: 'reconcile' }, { source: 'reconcile' }]);
    expect([fetches, written().map(({ failures }) => failures)]).toEqual([3, [1, 2]]);
    expect(states.get('main|DD1')).toEqual({ ...unconfirmed, updatedAt: 5, failures: 2 });
    expect([reasons(), stages(), committed()]).toEqual([[], [], 2n]);
    Object.assign(deps, fetchedWith('the text'));
    await extract([{ source: 'reconcile' }]);
    expect(states.get('main|DD1')).toMatchObject({ unconfirmed: false, failures: 0 });
  });

  test('does not block the archive that QCC has: another text becomes the next revision', async () => {
    const { extract, states, deps, unknown } = setUp();
    states.set('main|DD1', unconfirmed);
    Object.assign(deps, fetchedWith('another text'));
    const plans: unknown[] = [];
    const stop = new Error('published from here on');
    Object.assign(deps, {
      keepOriginal: async ({ plan }: { plan: unknown }) => {
        plans.push(plan);
        throw stop;
      },
    });
    await expect(extract([{ source: 'reconcile' }])).rejects.toThrow(stop);
    expect(plans).toEqual([{ revision: 1, firstPosition: 0 }]);
    expect(unknown).toEqual([['archive', ['batchNo']]]);
  });

  test('uses the archive that was held while a refused record is searched for, and does not fetch again', async () => {
    const { extract, states, deps } = setUp();
    states.set('main|DD1', unconfirmed);
    const inspected = await fetchedWith('another text').inspect();
    if (inspected.kind === 'inspected') deps.held.hold('orders/2/0', inspected.archive);
    const stop = new Error('published from here on');
    Object.assign(deps, {
      keepOriginal: async () => {
        throw stop;
      },
    });
    await expect(extract([{ source: 'reconcile' }])).rejects.toThrow(stop);
  });

  test('is not taken for failed because of a callback that is passed over', async () => {
    const { extract, reasons, stages, states, committed } = setUp();
    states.set('main|invented', { ...unconfirmed, orderNo: 'invented' });
    await extract([{ orderNo: 'invented' }]);
    expect([reasons(), stages(), committed()]).toEqual([[], [], 1n]);
  });
});
