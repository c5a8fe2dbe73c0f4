import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ClickHouseError } from '@clickhouse/client';
import { createMetrics } from 'qcc-core/base/metrics';
import { recordSpans } from 'qcc-core/base/tracing/testing/record-spans';
import { TOPICS } from 'qcc-core/contract/topics';
import { createDeadLetterRuns, DeadLetterRunError } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { NO_ERASURES } from 'qcc-evidence/erasure/eraser';
import { expect, test } from 'vitest';
import { createBatchWriter, type StoreDeps } from './store-batch.ts';

function setUp({
  refuse = false,
  notedIn,
  readErasures = async () => NO_ERASURES,
}: {
  refuse?: boolean;
  /** Where the views of an insert note what is left to derive; without it, views derive nothing from its rows. */
  notedIn?: string[];
  readErasures?: StoreDeps['readErasures'];
} = {}) {
  const sent: Outgoing[] = [];
  const inserted: [table: string, rows: unknown][] = [];
  const client = {
    insert: async ({ table, values }: { table: string; values: unknown }) => {
      inserted.push([table, values]);
      if (refuse || refusedLetters(values))
        throw new ClickHouseError({ message: 'no', code: '72', type: 'CANNOT_PARSE_NUMBER' });
    },
    exec: async ({ values }: { values: Readable }) => {
      const rows = await text(values);
      if (sharing.fails) throw new Error('ClickHouse is away');
      inserted.push(['debtor_case_states', rows]);
      return { stream: Readable.from([]) };
    },
    query: async ({ query }: { query: string }) => {
      const isTime = query.includes('now64');
      inserted.push([isTime ? 'time' : 'look', null]);
      return {
        json: async () =>
          isTime ? [{ now: '2026-11-24 10:00:00.000' }] : (notedIn ?? []).map((table) => ({ noted_in: table })),
      };
    },
    command: async ({ query }: { query: string }) => {
      inserted.push([`${/INTO (\S+)/.exec(query)?.[1]} again`, sent.length]);
    },
  };
  const sharing = { fails: false };
  const deps: StoreDeps = {
    client: client as unknown as StoreDeps['client'],
    database: 'qcc',
    account: 'main',
    prefix: 'qcc.',
    group: 'qcc.sink',
    codec: { encode: (_topic, value) => Buffer.from(JSON.stringify(value)) },
    runs: createDeadLetterRuns({ limit: 2 }),
    readErasures,
    send: async (messages) => void sent.push(...messages),
    metrics: createMetrics({ service: 'sink', account: 'main' }),
    now: () => 5,
  };
  const refusedLetters = (rows: unknown) => (rows as { letter?: string }[]).some(({ letter }) => letter === 'x');
  const insertsBeforeSplit: number[] = [];
  const evidence = { isAway: false };
  /** One message a letter: `?` does not decode, `~` was erased, `n` loses a name, `d` reports cases, `p` says that a later revision is published to its end, `S` is split and becomes large, `x` is refused, others are rows. */
  const storeParts = createBatchWriter(deps, {
    topic: TOPICS.enrichedRecords,
    table: 'record_history',
    isPersonal: true,
    ...(notedIn && { needsFollowUp: true }),
    orderOf: async ({ value }) => {
      if (value?.toString() === '?') throw new Error('no Avro');
      return { account: 'main', orderNo: 'DD1', revision: 0, position: 0 };
    },
    toRow: async ({ value }, { offset }) => {
      if (value?.toString() === '?') return { kind: 'undecodable', message: 'no Avro' };
      const occurrence = { account: 'main', orderNo: 'DD1', revision: 0, position: Number(offset) };
      if (value?.toString() === '~') return { kind: 'erased', occurrence, erasureId: 'e1' };
      const row = value?.toString() === 'x' ? { position: offset, letter: 'x' } : { position: offset };
      const complete = async () => {
        insertsBeforeSplit.push(inserted.length);
        if (evidence.isAway) throw new Error('the evidence store is away');
        return { row, occurrence, grownBytes: 20 * 1_048_576 };
      };
      const named = value?.toString() === 'n' ? { account: 'main', corpKeyNo: 'corp', id: 'r1' } : undefined;
      const reporter = value?.toString() === 'd' ? { account: 'main', corpKeyNo: 'corp' } : undefined;
      const replaced = value?.toString() === 'p' ? { account: 'main', orderNo: 'DD1' } : undefined;
      return value?.toString() === 'S'
        ? { kind: 'split', complete }
        : { kind: 'row', row, occurrence, named, reporter, replaced };
    },
  });
  const store = (letters: string, headers = {}) => {
    const messages = [...letters].map((letter, offset) => ({
      key: Buffer.from('corp'),
      value: Buffer.from(letter),
      offset: String(offset),
      timestamp: '0',
      attributes: 0,
      headers,
    }));
    return storeParts([{ topic: 'enriched-records', partition: 1, messages }]);
  };
  const deadLetters = () => sent.filter(({ topic }) => topic === TOPICS.deadLetters);
  const facts = () =>
    sent.flatMap(({ topic, value }) => {
      if (topic !== TOPICS.orderEvents) return [];
      const { stage, positions } = JSON.parse(String(value));
      return `${stage} ${positions.map(({ first, last }: { first: number; last: number }) => `${first}-${last}`).join()}`;
    });
  const rowsInserted = async () => (await deps.metrics.rowsInserted.get()).values.map(({ value }) => value);
  return { store, sent, inserted, insertsBeforeSplit, evidence, sharing, deadLetters, facts, rowsInserted };
}

test('what does not decode is a dead letter beside the facts of what was stored', async () => {
  const { store, sent, deadLetters } = setUp();
  await store('r?r');
  expect(deadLetters().map(({ headers }) => headers?.['qcc.dlq.offset'])).toEqual(['1']);
  expect(sent.map(({ topic }) => topic.name)).toEqual(['dead-letters', 'order-events']);
});

test('a row that ClickHouse refuses is a dead letter that names its occurrence', async () => {
  const { store, deadLetters } = setUp({ refuse: true });
  await store('r');
  expect(deadLetters().map(({ headers }) => headers)).toMatchObject([
    { 'qcc.dlq.reason': 'ROW_REFUSED', 'qcc.dlq.orderNo': 'DD1', 'qcc.dlq.revision': '0', 'qcc.dlq.position': '0' },
  ]);
});

test('where a row is refused all others are stored, and each message has one fate', async () => {
  const { store, inserted, deadLetters, facts, rowsInserted } = setUp();
  await store('r?xr~');
  expect(deadLetters().map(({ headers }) => [headers?.['qcc.dlq.offset'], headers?.['qcc.dlq.reason']])).toEqual([
    ['1', 'MESSAGE_UNDECODABLE'],
    ['2', 'ROW_REFUSED'],
  ]);
  expect(facts()).toEqual(['STORED 0-0,3-4', 'REJECTED 2-2']);
  expect(await rowsInserted()).toEqual([2]);
  expect(inserted.filter(([table]) => table === '`qcc`.erased_occurrences')).toHaveLength(1);
});

test.each([false, true])(
  'subscribers learn once of a record that was stored without an erased name (a row refused: %s)',
  async (refused) => {
    const { store, sent } = setUp();
    await store(refused ? 'rnnx' : 'rnn');
    const erased = sent.filter(({ topic }) => topic === TOPICS.erasedRecords);
    expect(erased.map(({ key, value }) => [key, JSON.parse(String(value))])).toEqual([
      ['main|corp|r1', { account: 'main', corpKeyNo: 'corp', id: 'r1', extent: 'NAME', erasedAt: 5 }],
    ]);
  },
);

test.each(['rddr', 'rddx'])(
  'the cases of a company are shared once after the insert, and before the facts: %s',
  async (letters) => {
    const { store, inserted, sharing, sent } = setUp();
    await store(letters);
    const shared = inserted.filter(([table]) => table === 'debtor_case_states');
    expect(shared).toEqual([['debtor_case_states', '{"account":"main","corp_key_no":"corp"}\n']]);
    expect(inserted.at(-1)).toBe(shared[0]);
    sharing.fails = true;
    sent.length = 0;
    await expect(store(letters)).rejects.toThrow('debtor_case_states did not take the rows');
    expect(sent).toEqual([]);
  },
);

test.each([
  [[], []],
  [['portfolio_companies'], ['portfolio_companies']],
  [
    ['change_amendments', 'portfolio_companies'],
    ['change_log', 'portfolio_companies'],
  ],
])('after an insert, and before the facts, what it noted in %j is derived', async (notedIn, tables) => {
  const { store, inserted, facts } = setUp({ notedIn });
  await store('rr');
  const again = tables.map((table) => `\`qcc\`.${table} again`);
  expect(inserted.map(([what]) => what)).toEqual(['time', '`qcc`.record_history', 'look', ...again]);
  expect(inserted.flatMap(([what, sent]) => (what.endsWith(' again') ? [sent] : []))).toEqual(again.map(() => 0));
  expect(facts()).toEqual(['STORED 0-1']);
});

test.each(['rp', 'rpx'])(
  'once a later revision is published to its end, the former ones are amended after the insert, and before the facts: %s',
  async (letters) => {
    const { store, inserted } = setUp({ notedIn: ['order_amendments'] });
    await store(letters);
    const noted = inserted.findIndex(([table]) => table.endsWith('order_amendments'));
    expect(inserted[noted]![1]).toEqual([{ account: 'main', order_no: 'DD1', noted_at: '2026-11-24 10:00:00.000' }]);
    expect(inserted.slice(noted + 1)).toEqual([
      ['look', null],
      ['`qcc`.change_amendments again', 0],
      ['`qcc`.change_log again', 0],
    ]);
  },
);

test('a batch without cases shares none', async () => {
  const { store, inserted } = setUp();
  await store('rr');
  expect(inserted.map(([table]) => table)).toEqual(['`qcc`.record_history']);
});

test('if a row is refused, the kept details of split rows are read once', async () => {
  const { store, insertsBeforeSplit, facts } = setUp();
  await store('rxS');
  expect(insertsBeforeSplit).toHaveLength(1);
  expect(facts()).toEqual(['STORED 0-0,2-2', 'REJECTED 1-1']);
});

test('of thousands of messages each becomes a row, in their order', async () => {
  const { store, inserted, deadLetters, facts, rowsInserted } = setUp();
  await store(`${'r'.repeat(700)}?${'r'.repeat(500)}`);
  const [[, rows]] = inserted as [[string, { position: string }[]]];
  const positions = Array.from({ length: 1_201 }, (_, at) => String(at)).toSpliced(700, 1);
  expect(rows.map(({ position }) => position)).toEqual(positions);
  expect(deadLetters()).toHaveLength(1);
  expect(facts()).toEqual(['STORED 0-699,701-1200']);
  expect(await rowsInserted()).toEqual([1_200]);
});

test.each([
  ['that do not decode', false, '???'],
  ['that ClickHouse refuses', true, 'rrr'],
])('more messages in a row %s than the limit stop it, with nothing sent', async (_name, refuse, letters) => {
  const { store, sent } = setUp({ refuse });
  await expect(store(letters)).rejects.toThrow(DeadLetterRunError);
  expect(sent).toEqual([]);
});

test('of what was erased only the place is stored, and it counts as stored', async () => {
  const { store, sent, inserted } = setUp();
  await store('r~');
  expect(inserted).toEqual([
    ['`qcc`.record_history', [{ position: '0' }]],
    ['time', null],
    ['`qcc`.erased_occurrences', [expect.objectContaining({ position: 1, erasure_id: 'e1', extent: 'RECORD' })]],
    ['look', null],
  ]);
  const facts = sent.map(({ value }) => JSON.parse(String(value)));
  expect(facts).toMatchObject([{ stage: 'STORED', positions: [{ first: 0, last: 1 }] }]);
});

test('split rows are inserted after the others, in several inserts if they are large, and all of them count', async () => {
  const { store, sent, inserted, insertsBeforeSplit } = setUp();
  await store('rSSrSr');
  const parts = inserted.map(([, rows]) => (rows as { position: string }[]).map(({ position }) => position));
  expect(parts).toEqual([['0', '3', '5'], ['1', '2'], ['4']]);
  expect(insertsBeforeSplit).toEqual([1, 1, 2]);
  const facts = sent.map(({ value }) => JSON.parse(String(value)));
  expect(facts).toMatchObject([{ stage: 'STORED', positions: [{ first: 0, last: 5 }] }]);
});

test('while a row cannot be completed the others are not inserted over and over', async () => {
  const { store, sent, inserted, evidence } = setUp();
  evidence.isAway = true;
  for (let turn = 0; turn < 3; turn += 1) await expect(store('rSr')).rejects.toThrow('the evidence store is away');
  expect(inserted.map(([, rows]) => rows)).toEqual([[{ position: '0' }, { position: '2' }]]);
  expect(sent).toEqual([]);
  evidence.isAway = false;
  await store('rSr');
  expect(inserted.slice(1).map(([, rows]) => rows)).toEqual([['0', '2', '1'].map((position) => ({ position }))]);
  await store('rS');
  expect(inserted.slice(2).map(([, rows]) => rows)).toEqual([[{ position: '0' }], [{ position: '1' }]]);
});

test('where erasures cannot be read nothing is stored', async () => {
  const readErasures = () => Promise.reject(new Error('another key'));
  const { store, sent, inserted } = setUp({ readErasures });
  await expect(store('r')).rejects.toThrow('another key');
  expect([sent, inserted]).toEqual([[], []]);
});

test.each([
  ['rr', { 'qcc.order_no': 'DD1' }],
  ['?r', {}],
])(
  'an insert is a span in the trace of its order and in the one of the batch, with the messages %s',
  async (letters, order) => {
    using recorded = recordSpans();
    const { store } = setUp();
    await store(letters, { traceparent: Buffer.from(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`) });
    const [whole, share] = recorded
      .ended()
      .filter(({ name }) => name === 'process enriched-records')
      .toSorted(
        (a, b) =>
          a.links.length - b.links.length ||
          Number(Boolean(a.parentSpanContext)) - Number(Boolean(b.parentSpanContext)),
      );
    expect(share?.attributes).toMatchObject({ ...order, 'messaging.batch.message_count': 2 });
    expect('qcc.order_no' in share!.attributes).toBe('qcc.order_no' in order);
    const inserts = recorded.ended().filter(({ name }) => name === 'INSERT record_history');
    expect(inserts.map(({ parentSpanContext }) => parentSpanContext?.spanId).sort()).toEqual(
      [whole, share].map((span) => span?.spanContext().spanId).sort(),
    );
  },
);

test('a batch that cannot be stored fails its spans by the name of the error', async () => {
  using recorded = recordSpans();
  const { store, evidence } = setUp();
  evidence.isAway = true;
  await expect(store('S')).rejects.toThrow('the evidence store is away');
  expect(recorded.ended().map(({ attributes }) => attributes['error.type'])).toEqual(['Error', 'Error']);
});
