import { avroType } from 'qcc-core/avro/types';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { changeRecord } from 'qcc-core/testing/change-record';
import { NO_LISTS } from 'qcc-details/details';
import { violationRow } from 'qcc-details/testing/details';
import { createEraser, NO_ERASURES } from 'qcc-evidence/erasure/eraser';
import { createErasureKey, type ErasureSubject } from 'qcc-evidence/erasure/subject';
import { describe, expect, it } from 'vitest';
import { eraseDeadLetter, redactBody, redactRecord, redactRow } from './erase-row.ts';
import { toDeadLetterRow } from './to-dead-letter-row.ts';

const key = createErasureKey(Buffer.alloc(32, 1).toString('base64'));
const eraserOf = (...subjects: Omit<ErasureSubject, 'account'>[]) =>
  createEraser(
    key,
    subjects.map((subject) => {
      return { ...key.describe({ account: 'main', ...subject }), at: 1, reason: 'r', decidedBy: 'd' };
    }),
  );
const ofPerson = eraserOf({ person: '张三' });

const enriched: EnrichedRecord = {
  record: changeRecord({
    account: 'main',
    corpKeyNo: 'k1',
    corpName: '北京市张三服装店',
    changeContent: '由“张三”变更',
    changeExtend: String.raw`{"name":"\u5f20\u4e09"}`,
    extra: { owner: '"张三"' },
  }),
  detailStatus: 'ENRICHED',
  detailReason: null,
  detailsFetchedAt: 1,
  detailsTotal: 1,
  detailsTruncated: false,
  detailsComplete: true,
  detailsIncompleteReason: null,
  detailsOddRows: 0,
  ...NO_LISTS,
  seriousViolations: [
    violationRow({ addDate: 1, addOffice: '某局', addReason: '张三举报', addDateRaw: '张三', extra: '{"by":"张三"}' }),
  ],
  version: Buffer.alloc(32),
};

describe('a record', () => {
  it('loses the name in every text, and nothing else', () => {
    const after = redactRecord(ofPerson, enriched);
    expect(JSON.stringify(after)).not.toMatch(/张三|5f20/);
    expect(after.record).toMatchObject({ corpName: '北京市※※服装店', extra: { owner: '"※※"' }, corpKeyNo: 'k1' });
    expect(after.seriousViolations).toEqual([
      { addDate: 1, addOffice: '某局', addReason: '※※举报', addDateRaw: '※※', extra: '{"by":"※※"}' },
    ]);
    expect(after.version).toBe(enriched.version);
  });

  it('keeps codes, keys and names of fields', () => {
    const debtor = { id: '张三', anno: '张三案' };
    const row = {
      account: 'main',
      corp_key_no: '张三',
      credit_code: '张三',
      reg_no: '张三',
      type_name: '张三',
      extra: { 张三: '{"张三":"张三"}' },
      dishonest_debtors: [debtor],
    };
    expect(redactRow(ofPerson, row)).toEqual({
      ...row,
      extra: { 张三: '{"张三":"※※"}' },
      dishonest_debtors: [{ ...debtor, anno: '※※案' }],
    });
  });

  it('is the very same where it holds no name', () => {
    expect(redactRecord(eraserOf({ person: '李四' }), enriched)).toBe(enriched);
    const body = avroType('enriched-records').toBuffer(enriched);
    expect(redactBody(NO_ERASURES, body).body).toBe(body);
    expect(redactBody(eraserOf({ person: '李四' }), body)).toEqual({ body, isRenamed: false });
  });

  it('loses it as Avro and as a row alike', () => {
    const { body, isRenamed } = redactBody(ofPerson, avroType('enriched-records').toBuffer(enriched));
    expect(isRenamed).toBe(true);
    expect(avroType('enriched-records').fromBuffer(body).record.changeContent).toBe('由“※※”变更');
    const row = { account: 'main', corp_key_no: 'k1', change_content: '由“张三”变更', order_no: '张三' };
    expect(redactRow(ofPerson, row)).toEqual({ ...row, change_content: '由“※※”变更' });
  });
});

describe('a dead letter', () => {
  const deadLetter = (value: Buffer, headers: Record<string, string> = {}) =>
    toDeadLetterRow(
      {
        key: Buffer.from('DD1'),
        value,
        headers: { 'qcc.dlq.account': 'main', 'qcc.dlq.message': 'it quotes 张三', ...headers },
      },
      { topic: 'dead-letters', partition: 0, offset: '1', timestamp: '0' },
    );
  const json = Buffer.from('{"corpKeyNo":"k1","changeContent":"张三"');

  it.each([
    ['a company that its content names', eraserOf({ company: 'k1' }), json],
    ['a company that its key names', eraserOf({ company: 'DD1' }), Buffer.from('x')],
    ['a name in bytes that cannot be cut', ofPerson, Buffer.from([...Buffer.from('张三'), 0xff])],
  ])('loses its content to %s', (_name, eraser, value) => {
    expect(eraseDeadLetter(eraser, deadLetter(value))).toMatchObject({
      value: null,
      value_encoding: 'erased',
      message: '（已删除）',
      source_offset: '1',
    });
  });

  it('loses a name in its text and in what was said about it', () => {
    expect(eraseDeadLetter(ofPerson, deadLetter(json))).toMatchObject({
      value: '{"corpKeyNo":"k1","changeContent":"※※"',
      message: 'it quotes ※※',
      key: 'DD1',
    });
  });

  it('that was too large to keep loses what its message quotes, or all of it', () => {
    const row = { ...deadLetter(Buffer.from('{"bytes":300000}'), { 'qcc.dlq.digest': 'true' }), key: 'k1' };
    expect(eraseDeadLetter(ofPerson, row)).toEqual({ ...row, message: 'it quotes ※※' });
    expect(eraseDeadLetter(eraserOf({ company: 'k1' }), row)).toMatchObject({
      key: null,
      value: null,
      message: '（已删除）',
    });
  });

  it('of somebody else is the very same', () => {
    const row = deadLetter(Buffer.from('李四'), { 'qcc.dlq.message': '' });
    expect(eraseDeadLetter(ofPerson, row)).toBe(row);
  });
});
