import { createPseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import type { RecordRow } from 'qcc-clickhouse/rows/write-records';
import { avroType } from 'qcc-core/avro/types';
import { changeRecord } from 'qcc-core/testing/change-record';
import { toEnriched } from 'qcc-details/to-enriched';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { expect, test } from 'vitest';
import { createStreams } from './streams.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');
const pseudonyms = createPseudonyms(KEY);
const key = createErasureKey(KEY);
const eraser = createEraser(key, [
  { ...key.describe({ account: 'main', person: '张三' }), at: 1, reason: 'r', decidedBy: 'd' },
]);

const rowOf = async (...given: Parameters<typeof outcomeOf>): Promise<RecordRow> =>
  (await outcomeOf(...given)).row as RecordRow;

async function outcomeOf(given: Parameters<typeof changeRecord>[0], withKey = true) {
  const record = changeRecord({ corpKeyNo: 'k1', ...given });
  const enriched = toEnriched(record, { status: 'NOT_APPLICABLE' });
  const codec = {
    body: (_: unknown, value: Buffer) => value,
    decode: () => Promise.reject(new Error('not asked for')),
  };
  const [stream] = createStreams({
    codec: codec as never,
    restoreDetails: () => Promise.reject(new Error('not asked for')),
    pseudonyms: withKey ? pseudonyms : createPseudonyms(undefined),
  });
  const message = { value: avroType('enriched-records').toBuffer(enriched) } as never;
  const outcome = await stream!.toRow(message, { topic: 't', partition: 0, offset: '0', timestamp: '0' }, eraser);
  if (outcome.kind !== 'row') throw new Error(outcome.kind);
  return outcome;
}

test('a record gets the pseudonym of its company', async () => {
  expect((await rowOf({ corpName: '李四服装店' })).pseudonym).toBe(pseudonyms.of('main', 'k1'));
  expect((await rowOf({ corpName: '李四服装店' }, false)).pseudonym).toBeNull();
});

test('it gets none if a name was erased from the name of its company, and keeps it if only another text loses a name', async () => {
  expect((await rowOf({ corpName: '张三服装店' })).pseudonym).toBeNull();
  const { pseudonym, body } = await rowOf({ corpName: '李四服装店', changeContent: '由“张三”变更' });
  expect(pseudonym).toBe(pseudonyms.of('main', 'k1'));
  expect(avroType('enriched-records').fromBuffer(body).record.changeContent).toBe('由“※※”变更');
});

test('a record that loses a name is reported, and no other', async () => {
  const named = await outcomeOf({ id: 'r1', changeContent: '由“张三”变更' });
  expect(named.named).toEqual({ account: 'main', corpKeyNo: 'k1', id: 'r1' });
  expect((await outcomeOf({ id: 'r1', changeContent: '由“李四”变更' })).named).toBeUndefined();
});

test.each([
  { type: '11', reporter: { account: 'main', corpKeyNo: 'k1' } },
  { type: '2', reporter: undefined },
])('a record of type $type names $reporter as a company that reports cases', async ({ type, reporter }) => {
  expect((await outcomeOf({ type })).reporter).toEqual(reporter);
});

test('records, and nothing else, are copied for customers', () => {
  const streams = createStreams({
    codec: {} as never,
    restoreDetails: () => Promise.reject(new Error('not asked for')),
    pseudonyms,
  });
  expect(streams.flatMap(({ table, hasCustomers }) => (hasCustomers ? [table] : []))).toEqual(['record_history']);
});
