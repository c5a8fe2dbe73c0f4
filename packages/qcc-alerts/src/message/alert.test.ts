import { expect, test } from 'vitest';
import { debtor, enrichedRecord } from '../testing/changes.ts';
import { ALERT_FIELDS, toAlert } from './alert.ts';

const NAMES = ['王小明', '李四'];

test('no field of an alert names a person, whatever the change has', () => {
  const rule = { name: 'all', fields: ALERT_FIELDS };
  for (const type of ['1', '2', '3', '4', '5', '6', '7', '8', '10', '11', '12', '14', '15', '99']) {
    const enriched = enrichedRecord(
      {
        type,
        typeName: '王小明',
        category: '李四',
        categoryName: '李四',
        corpName: '王小明小吃店',
        changeContent: '新增列入：王小明',
        changeExtend: '{"name":"王小明"}',
        extra: { operName: '王小明' },
        creditCode: '92110105MA01234567',
        regNo: '王小明',
      },
      { detailStatus: 'ENRICHED', dishonestDebtors: [debtor('1')] },
    );
    const { fields } = toAlert({ id: 'a', rule, enriched, direction: null });
    expect(Object.keys(fields)).toContain('category');
    for (const name of NAMES) expect(JSON.stringify(fields)).not.toContain(name);
  }
});

test.each<[(string | null)[], object, string]>([
  [['400000.50', '0.5'], {}, '400001.00'],
  [['1', null], {}, '至少 1.00'],
  [['1'], { detailsTruncated: true }, '至少 1.00'],
  [[], { detailStatus: 'PENDING' }, '待补全或未知'],
])('the amounts %o with %o are shown as %s', (amounts, more, text) => {
  const enriched = enrichedRecord(
    { type: '11' },
    { detailStatus: 'ENRICHED', dishonestDebtors: amounts.map(debtor), ...more },
  );
  expect(toAlert({ id: 'a', rule: { name: 'r' }, enriched, direction: null }).fields.amount).toBe(text);
});

test('an alert has the fields of its rule in their order, and none without a value', () => {
  const rule = { name: 'r', fields: ['direction', 'company', 'creditCode'] as const };
  const { fields } = toAlert({ id: 'a', rule, enriched: enrichedRecord(), direction: '列入' });
  expect(Object.entries(fields)).toEqual([
    ['direction', '列入'],
    ['company', '企查查科技股份有限公司'],
  ]);
});
