import { createPseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import type { RecordRow } from 'qcc-clickhouse/rows/write-records';
import { avroType } from 'qcc-core/avro/types';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import { changeRecord } from 'qcc-core/testing/change-record';
import { toEnriched } from 'qcc-details/to-enriched';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { expect, test } from 'vitest';
import { createDerivationStream, createHistoryStream } from './record-streams.ts';
import type { Stream } from './stream.ts';
import { createStreams } from './streams.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');
const pseudonyms = createPseudonyms(KEY);
const key = createErasureKey(KEY);
const eraser = createEraser(key, [
  { ...key.describe({ account: 'main', person: '张三' }), at: 1, reason: 'r', decidedBy: 'd' },
  { ...key.describe({ account: 'main', company: 'erased' }), at: 1, reason: 'r', decidedBy: 'd' },
]);

const streamDeps = {
  codec: {
    body: (_: unknown, value: Buffer) => {
      if (value.length === 0) throw new UndecodableError('empty');
      return value;
    },
  },
  restoreDetails: () => Promise.reject(new Error('not asked for')),
  pseudonyms,
};
const history = createHistoryStream(streamDeps);
const logged: unknown[] = [];
const derivation = createDerivationStream({
  ...streamDeps,
  log: { error: (...line: unknown[]) => void logged.push(line) },
});

const outcomeOf = async (stream: Stream, value: Buffer) =>
  await stream.toRow({ value } as never, { topic: 't', partition: 0, offset: '0', timestamp: '0' }, eraser);

const messageOf = (given: Parameters<typeof changeRecord>[0]): Buffer => {
  const record = changeRecord({ corpKeyNo: 'k1', ...given });
  return avroType('enriched-records').toBuffer(toEnriched(record, { status: 'NOT_APPLICABLE' }));
};

async function storedOf(given: Parameters<typeof changeRecord>[0], stream = history) {
  const outcome = await outcomeOf(stream, messageOf(given));
  if (outcome.kind !== 'row') throw new Error(outcome.kind);
  return outcome;
}

const rowOf = async (...given: Parameters<typeof storedOf>): Promise<RecordRow> =>
  (await storedOf(...given)).row as RecordRow;

test('a record gets the pseudonym of its company', async () => {
  expect((await rowOf({ corpName: '李四服装店' })).pseudonym).toBe(pseudonyms.of('main', 'k1'));
  const withoutKey = createHistoryStream({ ...streamDeps, pseudonyms: createPseudonyms(undefined) });
  expect((await rowOf({ corpName: '李四服装店' }, withoutKey)).pseudonym).toBeNull();
});

test('it gets none if a name was erased from the name of its company, and keeps it if only another text loses a name', async () => {
  expect((await rowOf({ corpName: '张三服装店' })).pseudonym).toBeNull();
  const { pseudonym, body } = await rowOf({ corpName: '李四服装店', changeContent: '由“张三”变更' });
  expect(pseudonym).toBe(pseudonyms.of('main', 'k1'));
  expect(avroType('enriched-records').fromBuffer(body).record.changeContent).toBe('由“※※”变更');
});

test('a record that loses a name is reported, and no other', async () => {
  const named = await storedOf({ id: 'r1', changeContent: '由“张三”变更' });
  expect(named.named).toEqual({ account: 'main', corpKeyNo: 'k1', id: 'r1' });
  expect((await storedOf({ id: 'r1', changeContent: '由“李四”变更' })).named).toBeUndefined();
});

test.each([
  { type: '11', reporter: { account: 'main', corpKeyNo: 'k1' } },
  { type: '2', reporter: undefined },
])(
  'what is derived from a record of type $type names $reporter as a company that reports cases',
  async ({ type, reporter }) => {
    expect((await storedOf({ type }, derivation)).reporter).toEqual(reporter);
  },
);

test('the same row goes into the history and to the views that derive from it', async () => {
  const given = { corpName: '张三服装店', changeContent: '由“张三”变更' };
  expect(await rowOf(given, derivation)).toEqual(await rowOf(given));
  expect([history.table, derivation.table]).toEqual(['record_history', 'record_derivations']);
});

test('the ledger and subscribers learn of a record from the history stream only', async () => {
  const given = { id: 'r1', changeContent: '由“张三”变更', position: 7 };
  expect(await storedOf(given)).toMatchObject({ occurrence: { position: 7 }, named: { id: 'r1' } });
  const derived = await storedOf(given, derivation);
  expect([derived.occurrence, derived.named]).toEqual([undefined, undefined]);
});

test.each([
  ['of a company that was erased', messageOf({ corpKeyNo: 'erased' }), 'erased'],
  ['that does not decode', Buffer.alloc(0), 'undecodable'],
])('only the history stream reports a message %s', async (_, value, kind) => {
  expect((await outcomeOf(history, value)).kind).toBe(kind);
  expect((await outcomeOf(derivation, value)).kind).toBe('nothing');
});

test('only inserts into record_derivations are followed up', () => {
  const streams = [...createStreams({ ...streamDeps, codec: {} as never }), derivation];
  expect(streams.flatMap(({ table, needsFollowUp }) => (needsFollowUp ? [table] : []))).toEqual(['record_derivations']);
});

test('a fact says of its order whether former revisions have to be amended', async () => {
  const event = { account: 'main', orderNo: 'DD1', revision: 1, positions: [] };
  const codec = { decode: async (_: unknown, value: Buffer) => ({ ...event, stage: value.toString() }) } as never;
  const facts = createStreams({ ...streamDeps, codec }).find(({ table }) => table === 'order_events')!;
  const replaced = { account: 'main', orderNo: 'DD1' };
  expect(await outcomeOf(facts, Buffer.from('EXTRACTED'))).toMatchObject({ kind: 'row', replaced });
  expect(await outcomeOf(facts, Buffer.from('PARSED'))).toMatchObject({ kind: 'row', replaced: undefined });
});

test('a row that ClickHouse refuses in record_derivations is logged with its partition and offset, and does not become a dead letter', () => {
  derivation.onRefused!({ topic: 't', partition: 3 }, { offset: '7' } as never);
  expect(logged).toEqual([
    [{ topic: 't', partition: 3, offset: '7' }, expect.stringContaining('not in the tables for analysts')],
  ]);
  expect(history.onRefused).toBeUndefined();
});
